// switch_x86_64.S: changes the stack that a thread runs on.
// Depends on the System V calling convention: the six callee-saved registers and the stack pointer are all that a call keeps.
// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
    .text
    .globl janus_switch
    .hidden janus_switch
    .type janus_switch, @function
// void janus_switch(void** save /* rdi: where this context's stack pointer goes */, void* to /* rsi: of the other */)
janus_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    retq
    .size janus_switch, . - janus_switch

// The first thing a new context returns into: calls janus_task_begin, which never returns, with the stack aligned as after a call.
    .globl janus_task_entry
    .hidden janus_task_entry
    .type janus_task_entry, @function
janus_task_entry:
    xorl %ebp, %ebp
    callq janus_task_begin
    ud2
    .size janus_task_entry, . - janus_task_entry

// void janus_call_on(void* top /* rdi: of another stack, or null: this one */, void (*f)(void*) /* rsi */, void* argument /* rdx */)
    .globl janus_call_on
    .hidden janus_call_on
    .type janus_call_on, @function
janus_call_on:
    pushq %rbp
    movq %rsp, %rbp
    testq %rdi, %rdi
    cmovzq %rsp, %rdi
    movq %rdi, %rsp
    movq %rdx, %rdi
    callq *%rsi
    movq %rbp, %rsp
    popq %rbp
    retq
    .size janus_call_on, . - janus_call_on
    .section .note.GNU-stack,"",@progbits
#endif
