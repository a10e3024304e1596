// mem_x86_64.S: memcpy, memmove, memset, memcmp and bcmp with SSE2, in the place of musl's.
// Depends on nothing. In the archive only, not in the bitcode: the optimiser must not look into what it calls by itself.
// SPDX-License-Identifier: Apache-2.0
//
// musl copies everything with `rep movsq`, which takes 30 to 40 ns to start, and compares a byte at a time. Most copies of Janus
// programs are short strings. The plan is the same in each function: up to 128 bytes are done without a loop by loads from both ends
// that overlap in the middle; all loads come before the first store, so memcpy and memmove are one function. Long copies run through
// a loop of 64 bytes, very long ones through `rep movsb`, which modern processors do by cache lines.

#define REP_FROM 2048

    .text
    .globl memcpy, memmove
    .type memcpy, @function
    .type memmove, @function
    .p2align 5
memcpy:                             // rdi to, rsi from, rdx length; returns to
memmove:
    movq %rdi, %rax
    cmpq $16, %rdx
    jb .Lcopy_under_16
    cmpq $32, %rdx
    ja .Lcopy_over_32
    movups (%rsi), %xmm0
    movups -16(%rsi,%rdx), %xmm1
    movups %xmm0, (%rdi)
    movups %xmm1, -16(%rdi,%rdx)
    ret
.Lcopy_under_16:
    cmpl $8, %edx
    jb .Lcopy_under_8
    movq (%rsi), %rcx
    movq -8(%rsi,%rdx), %r8
    movq %rcx, (%rdi)
    movq %r8, -8(%rdi,%rdx)
    ret
.Lcopy_under_8:
    cmpl $4, %edx
    jb .Lcopy_under_4
    movl (%rsi), %ecx
    movl -4(%rsi,%rdx), %r8d
    movl %ecx, (%rdi)
    movl %r8d, -4(%rdi,%rdx)
    ret
.Lcopy_under_4:
    testl %edx, %edx
    je .Lcopy_done
    movzbl (%rsi), %ecx
    movzbl -1(%rsi,%rdx), %r8d
    movq %rdx, %r9
    shrq $1, %r9
    movzbl (%rsi,%r9), %r10d        // the middle one of three
    movb %cl, (%rdi)
    movb %r10b, (%rdi,%r9)
    movb %r8b, -1(%rdi,%rdx)
.Lcopy_done:
    ret
.Lcopy_over_32:
    cmpq $64, %rdx
    ja .Lcopy_over_64
    movups (%rsi), %xmm0
    movups 16(%rsi), %xmm1
    movups -32(%rsi,%rdx), %xmm2
    movups -16(%rsi,%rdx), %xmm3
    movups %xmm0, (%rdi)
    movups %xmm1, 16(%rdi)
    movups %xmm2, -32(%rdi,%rdx)
    movups %xmm3, -16(%rdi,%rdx)
    ret
.Lcopy_over_64:
    cmpq $128, %rdx
    ja .Lcopy_over_128
    movups (%rsi), %xmm0
    movups 16(%rsi), %xmm1
    movups 32(%rsi), %xmm2
    movups 48(%rsi), %xmm3
    movups -64(%rsi,%rdx), %xmm4
    movups -48(%rsi,%rdx), %xmm5
    movups -32(%rsi,%rdx), %xmm6
    movups -16(%rsi,%rdx), %xmm7
    movups %xmm0, (%rdi)
    movups %xmm1, 16(%rdi)
    movups %xmm2, 32(%rdi)
    movups %xmm3, 48(%rdi)
    movups %xmm4, -64(%rdi,%rdx)
    movups %xmm5, -48(%rdi,%rdx)
    movups %xmm6, -32(%rdi,%rdx)
    movups %xmm7, -16(%rdi,%rdx)
    ret
.Lcopy_over_128:
    movq %rdi, %rcx
    subq %rsi, %rcx                 // to - from, unsigned: below the length when `to` lies inside the source
    cmpq %rdx, %rcx
    jb .Lcopy_backward
    negq %rcx                       // from - to: at least the length when nothing overlaps
    cmpq $REP_FROM, %rdx
    jb .Lcopy_forward
    cmpq %rdx, %rcx
    jae .Lcopy_rep
.Lcopy_forward:                     // the last 64 bytes are loaded first and stored last
    movups -64(%rsi,%rdx), %xmm4
    movups -48(%rsi,%rdx), %xmm5
    movups -32(%rsi,%rdx), %xmm6
    movups -16(%rsi,%rdx), %xmm7
    leaq -64(%rdi,%rdx), %r8
    .p2align 4
.Lcopy_forward_64:
    movups (%rsi), %xmm0
    movups 16(%rsi), %xmm1
    movups 32(%rsi), %xmm2
    movups 48(%rsi), %xmm3
    addq $64, %rsi
    movups %xmm0, (%rdi)
    movups %xmm1, 16(%rdi)
    movups %xmm2, 32(%rdi)
    movups %xmm3, 48(%rdi)
    addq $64, %rdi
    cmpq %r8, %rdi
    jb .Lcopy_forward_64
    movups %xmm4, (%r8)
    movups %xmm5, 16(%r8)
    movups %xmm6, 32(%r8)
    movups %xmm7, 48(%r8)
    ret
.Lcopy_backward:                    // the same from the end: the first 64 bytes are loaded first and stored last
    movups (%rsi), %xmm4
    movups 16(%rsi), %xmm5
    movups 32(%rsi), %xmm6
    movups 48(%rsi), %xmm7
    .p2align 4
.Lcopy_backward_64:
    movups -64(%rsi,%rdx), %xmm0
    movups -48(%rsi,%rdx), %xmm1
    movups -32(%rsi,%rdx), %xmm2
    movups -16(%rsi,%rdx), %xmm3
    movups %xmm0, -64(%rdi,%rdx)
    movups %xmm1, -48(%rdi,%rdx)
    movups %xmm2, -32(%rdi,%rdx)
    movups %xmm3, -16(%rdi,%rdx)
    subq $64, %rdx
    cmpq $64, %rdx
    ja .Lcopy_backward_64
    movups %xmm4, (%rdi)
    movups %xmm5, 16(%rdi)
    movups %xmm6, 32(%rdi)
    movups %xmm7, 48(%rdi)
    ret
.Lcopy_rep:
    movq %rdx, %rcx
    rep movsb
    ret
    .size memcpy, . - memcpy
    .size memmove, . - memmove

    .globl memset
    .type memset, @function
    .p2align 5
memset:                             // rdi to, sil byte, rdx length; returns to
    movq %rdi, %rax
    movzbl %sil, %esi
    movabsq $0x0101010101010101, %rcx
    imulq %rsi, %rcx                // the byte, eight times
    cmpq $16, %rdx
    jb .Lset_under_16
    movq %rcx, %xmm0
    punpcklqdq %xmm0, %xmm0
    cmpq $32, %rdx
    ja .Lset_over_32
    movups %xmm0, (%rdi)
    movups %xmm0, -16(%rdi,%rdx)
    ret
.Lset_under_16:
    cmpl $8, %edx
    jb .Lset_under_8
    movq %rcx, (%rdi)
    movq %rcx, -8(%rdi,%rdx)
    ret
.Lset_under_8:
    cmpl $4, %edx
    jb .Lset_under_4
    movl %ecx, (%rdi)
    movl %ecx, -4(%rdi,%rdx)
    ret
.Lset_under_4:
    testl %edx, %edx
    je .Lset_done
    movb %cl, (%rdi)
    movb %cl, -1(%rdi,%rdx)
    shrq $1, %rdx
    movb %cl, (%rdi,%rdx)
.Lset_done:
    ret
.Lset_over_32:
    cmpq $64, %rdx
    ja .Lset_over_64
    movups %xmm0, (%rdi)
    movups %xmm0, 16(%rdi)
    movups %xmm0, -32(%rdi,%rdx)
    movups %xmm0, -16(%rdi,%rdx)
    ret
.Lset_over_64:
    cmpq $REP_FROM, %rdx
    jae .Lset_rep
    leaq -64(%rdi,%rdx), %r8
    .p2align 4
.Lset_64:
    movups %xmm0, (%rdi)
    movups %xmm0, 16(%rdi)
    movups %xmm0, 32(%rdi)
    movups %xmm0, 48(%rdi)
    addq $64, %rdi
    cmpq %r8, %rdi
    jb .Lset_64
    movups %xmm0, (%r8)
    movups %xmm0, 16(%r8)
    movups %xmm0, 32(%r8)
    movups %xmm0, 48(%r8)
    ret
.Lset_rep:
    movq %rax, %r8
    movl %esi, %eax
    movq %rdx, %rcx
    rep stosb
    movq %r8, %rax
    ret
    .size memset, . - memset

    .globl memcmp, bcmp
    .type memcmp, @function
    .type bcmp, @function
    .p2align 5
memcmp:                             // rdi a, rsi b, rdx length; <0, 0, >0
bcmp:
    cmpq $16, %rdx
    jb .Lcmp_under_16
    leaq -16(%rdx), %r8             // where the last 16 bytes start
    xorl %ecx, %ecx
    .p2align 4
.Lcmp_16:
    movups (%rdi,%rcx), %xmm0
    movups (%rsi,%rcx), %xmm1
    pcmpeqb %xmm1, %xmm0
    pmovmskb %xmm0, %eax
    subl $0xFFFF, %eax              // 0 when all 16 are equal, otherwise the lowest set bit is the first difference
    jne .Lcmp_differ
    addq $16, %rcx
    cmpq %r8, %rcx
    jb .Lcmp_16
    movq %r8, %rcx                  // overlapping what is known to be equal
    movups (%rdi,%rcx), %xmm0
    movups (%rsi,%rcx), %xmm1
    pcmpeqb %xmm1, %xmm0
    pmovmskb %xmm0, %eax
    subl $0xFFFF, %eax
    jne .Lcmp_differ
    ret
.Lcmp_differ:                       // mask - 0xFFFF is minus the clear bits: its lowest set bit is their lowest
    bsfl %eax, %eax
    addq %rax, %rcx
    movzbl (%rdi,%rcx), %eax
    movzbl (%rsi,%rcx), %edx
    subl %edx, %eax
    ret
.Lcmp_under_16:
    cmpl $8, %edx
    jb .Lcmp_under_8
    movq (%rdi), %rax
    movq (%rsi), %rcx
    cmpq %rcx, %rax
    jne .Lcmp_words
    movq -8(%rdi,%rdx), %rax
    movq -8(%rsi,%rdx), %rcx
    cmpq %rcx, %rax
    jne .Lcmp_words
    xorl %eax, %eax
    ret
.Lcmp_words:                        // big end first, the order of bytes is the order of numbers
    bswapq %rax
    bswapq %rcx
    cmpq %rcx, %rax
    sbbl %eax, %eax
    orl $1, %eax
    ret
.Lcmp_under_8:
    cmpl $4, %edx
    jb .Lcmp_under_4
    movl (%rdi), %eax
    movl (%rsi), %ecx
    cmpl %ecx, %eax
    jne .Lcmp_halves
    movl -4(%rdi,%rdx), %eax
    movl -4(%rsi,%rdx), %ecx
    cmpl %ecx, %eax
    jne .Lcmp_halves
    xorl %eax, %eax
    ret
.Lcmp_halves:
    bswapl %eax
    bswapl %ecx
    cmpl %ecx, %eax
    sbbl %eax, %eax
    orl $1, %eax
    ret
.Lcmp_under_4:
    xorl %ecx, %ecx
.Lcmp_byte:
    cmpq %rdx, %rcx
    je .Lcmp_same
    movzbl (%rdi,%rcx), %eax
    movzbl (%rsi,%rcx), %r8d
    incq %rcx
    subl %r8d, %eax
    je .Lcmp_byte
    ret
.Lcmp_same:
    xorl %eax, %eax
    ret
    .size memcmp, . - memcmp
    .size bcmp, . - bcmp

    .section .note.GNU-stack,"",@progbits
