// switch_aarch64.S: changes the stack that a thread runs on.
// Depends on AAPCS64: x19 to x30, the stack pointer and the low halves of v8 to v15 are what a call keeps.
// SPDX-License-Identifier: Apache-2.0
#if defined(__aarch64__)
    .text
    .globl janus_switch
    .hidden janus_switch
    .type janus_switch, %function
// void janus_switch(void** save /* x0 */, void* to /* x1 */)
janus_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .size janus_switch, . - janus_switch

    .globl janus_task_entry
    .hidden janus_task_entry
    .type janus_task_entry, %function
janus_task_entry:
    mov x29, xzr
    mov x30, xzr
    bl janus_task_begin
    brk #0
    .size janus_task_entry, . - janus_task_entry

// void janus_call_on(void* top /* x0: of another stack, or null: this one */, void (*f)(void*) /* x1 */, void* argument /* x2 */)
    .globl janus_call_on
    .hidden janus_call_on
    .type janus_call_on, %function
janus_call_on:
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    cbz x0, 1f
    mov sp, x0
1:  mov x0, x2
    blr x1
    mov sp, x29
    ldp x29, x30, [sp], #16
    ret
    .size janus_call_on, . - janus_call_on
#endif
    .section .note.GNU-stack,"",%progbits
