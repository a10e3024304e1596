// switch_x86_64.S: where a new context begins. (Changing from one to another is switch_context in worker.cpp.)
// Depends on the System V calling convention.
// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
    .text
// Calls janus_task_begin, which never returns, with the stack aligned as after a call.
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
#endif
    .section .note.GNU-stack,"",%progbits
