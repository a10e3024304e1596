// explore.h: runs a small program of several threads under every order of its steps that can make a difference.
// Depends on nothing but the C++ library.
// SPDX-License-Identifier: Apache-2.0
//
// A thread here is a context of its own on one real thread. It stops before every access to a word that others may
// access (a point), and the explorer says who goes on. A run is repeated with other decisions until none is left that
// could lead elsewhere: two steps of different threads are only tried in both orders when they touch the same word and
// one of them writes (dynamic partial-order reduction, Flanagan and Godefroid, POPL 2005, with sleep sets). Memory is
// sequentially consistent.
#pragma once
#include <stdint.h>

namespace model {

enum class Kind : uint8_t {
  Read,
  Write,
  Lock,     // a u32 that must be 0, and becomes 1
  Change,   // a u32 that must no longer have the value that the thread saw (a loop that waits for it)
  Token,    // a u32 that must not be 0, and becomes 0 (a task that may run again, a thread that is woken)
  Idle,     // possible when no other thread can go on: the clock
  Timed,    // a Token, or when no other thread can go on: a sleep with a limit. The word stays as it is.
};

struct Scenario {
  const char* name;
  void (*run)();      // the first thread; it must leave every global as it found it
};

// ---- what the code under test calls
void point(Kind kind, const void* address);      // before the access
void released(
    const void* address);   // after a write that never needs another order: giving a lock back, handing a token over
int choose(int count);   // every answer is tried
int start(void (*run)(void*), void* argument);   // a thread more; its number
int self();   // the number of the running thread
void waits_for_change();   // of the word that it read last
[[noreturn]] void failed(const char* why);
void need(bool holds, const char* why);

// Set by the world that runs above: told who runs from now on.
extern void (*on_switch)(int thread);

// Runs them all (or those named) with at most `limit` runs each; prints a line for each; the number of scenarios that
// were not seen to the end.
int explore(const Scenario* scenarios, int count, int argc, char** argv);

}   // namespace model
