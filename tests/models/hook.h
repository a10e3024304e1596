// hook.h: put before a source of runtime/tasks by the compiler's -include: its atomic operations and locks become
// points of the explorer. Depends on explore.h, runtime/tasks/sys.h, runtime/counted.h. SPDX-License-Identifier:
// Apache-2.0
//
// The code itself is untouched: what is explored is what ships. Counters that are only added to (live tasks, budgets)
// are no points: their operations commute. Neither are counts of shared blocks (counted.h is read before the names
// change).
#pragma once
#include "runtime/internal.h"
#include "tests/models/explore.h"

namespace model {

template <typename T>
inline T load(T* p) {
  point(Kind::Read, p);
  return *static_cast<volatile T*>(p);
}
template <typename T, typename V>
inline void store(T* p, V value) {
  point(Kind::Write, p);
  *static_cast<volatile T*>(p) = static_cast<T>(value);
}
template <typename T, typename V>
inline T exchange(T* p, V value) {
  point(Kind::Write, p);
  T old = *p;
  *p = static_cast<T>(value);
  return old;
}
template <typename T, typename V>
inline bool compare_exchange(T* p, T* expected, V value) {
  point(Kind::Write, p);
  if (*p == *expected) {
    *p = static_cast<T>(value);
    return true;
  }
  *expected = *p;
  return false;
}
template <typename T, typename V>
inline T fetch_or(T* p, V bits) {
  point(Kind::Write, p);
  T old = *p;
  *p = static_cast<T>(old | bits);
  return old;
}

}   // namespace model

// The steps of a thread that is alone are explored too: the header is read with the names changed.
#define __atomic_load_n(p, order) model::load(p)
#define __atomic_store_n(p, v, order) model::store(p, v)
#include "runtime/tasks/alone.h"
#undef __atomic_load_n
#undef __atomic_store_n
#include "runtime/counted.h"
#include "runtime/error.h"
#include "runtime/memory.h"
#include "runtime/sink.h"
#include "runtime/tasks/sys.h"

namespace model {

inline void take(janus::rt::Lock* l) {
  need(l->word <= 1, "a lock in memory that is no longer one");
  point(Kind::Lock, &l->word);
}
inline void give(janus::rt::Lock* l) {
  need(l->word == 1, "a lock is given back that was not taken, or lies in memory that is no longer one");
  l->word = 0;
  released(&l->word);
}
inline bool try_take(janus::rt::Lock* l) { return exchange(&l->word, 1u) == 0; }

}  // namespace model

#define __atomic_load_n(p, order) model::load(p)
#define __atomic_store_n(p, v, order) model::store(p, v)
#define __atomic_exchange_n(p, v, order) model::exchange(p, v)
#define __atomic_compare_exchange_n(p, e, v, weak, yes, no) model::compare_exchange(p, e, v)
#define __atomic_fetch_or(p, v, order) model::fetch_or(p, v)
#define pause_cpu() model::waits_for_change()
#define lock(l) model::take(l)
#define lock_in_earnest(l) model::take(l)
#define unlock(l) model::give(l)
#define try_lock(l) model::try_take(l)
