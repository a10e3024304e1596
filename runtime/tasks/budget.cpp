// budget.cpp: how many tasks may live at once (rulings.md 49).
// Depends on task.h.
// SPDX-License-Identifier: Apache-2.0
//
// For a thread alone a budget is a number. With several, all of them would write to it with every task, so each worker
// takes places in advance and gives them back late; it keeps them in one word with the budget's id. The bound stays
// exact: who finds no place left first takes back what the workers keep. Places on their way from the budget to a
// worker are counted nowhere else, so one at a time moves them.
#include "runtime/tasks/task.h"

namespace janus::rt {
namespace {

constexpr uint64_t kKeptMask = 0xff;
constexpr int64_t kBatch = 32;
constexpr uint64_t kKeptTop = 64;

uint64_t last_id = 1;
Lock moving;   // of places between a budget and the workers

uint64_t kept_of(uint64_t word, const Budget* budget) { return word >> 8 == budget->id ? word & kKeptMask : 0; }
bool change(uint64_t* word, uint64_t from, uint64_t to) {
  return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

int64_t take_back(const Budget* budget) {
  int64_t sum = 0;
  each_worker([&](Worker* w) {
    for (uint64_t word = __atomic_load_n(&w->places, __ATOMIC_ACQUIRE); kept_of(word, budget);
         word = __atomic_load_n(&w->places, __ATOMIC_ACQUIRE))
      if (change(&w->places, word, 0)) {
        sum += static_cast<int64_t>(word & kKeptMask);
        break;
      }
  });
  return sum;
}

// Never above the limit, not even for a moment: another worker would fail for it.
bool take_from(Budget* budget, int64_t n) {
  int64_t live = __atomic_load_n(&budget->live, __ATOMIC_RELAXED);
  do
    if (live + n > budget->limit) return false;
  while (!__atomic_compare_exchange_n(&budget->live, &live, live + n, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
  return true;
}

bool take_places_locked(Worker* w, Budget* budget) {
  const int64_t batch = max64(1, min64(kBatch, budget->limit / 16));
  const uint64_t word = __atomic_load_n(&w->places, __ATOMIC_ACQUIRE);
  // Places of another nursery's budget stay until that nursery ends: its record may be gone by the time they would be
  // given back.
  const bool keeps = batch > 1 && ((word & kKeptMask) == 0 || word >> 8 == program_budget.id);
  if (keeps && take_from(budget, batch)) {
    if (!change(&w->places, word, budget->id << 8 | static_cast<uint64_t>(batch - 1)))
      add_word(&budget->live, 1 - batch);   // the word was emptied by a nursery that ended; one place is ours
    else if ((word & kKeptMask) != 0) add_word(&program_budget.live, -static_cast<int64_t>(word & kKeptMask));
    return true;
  }
  if (take_from(budget, 1)) return true;
  add_word(&budget->live, -take_back(budget));
  return take_from(budget, 1);
}

// Nothing is kept of this budget.
__attribute__((noinline)) bool take_places(Worker* w, Budget* budget) {
  lock(&moving);
  const bool taken = take_places_locked(w, budget);
  unlock(&moving);
  return taken;
}

}   // namespace

Budget program_budget = {0, 0, 1};

void budget_begin(Budget* budget, int64_t limit) {
  budget->limit = limit;
  budget->live = 0;
  budget->id = static_cast<uint64_t>(add_word(reinterpret_cast<int64_t*>(&last_id), 1));
}

// All tasks of the budget have ended: no worker may take what it keeps for places of a later one.
void budget_end(const Budget* budget) {
  if (__atomic_load_n(&worker_count, __ATOMIC_RELAXED) > 1) take_back(budget);
}

bool take_place(Budget* budget) {
  bool taken;
  if (JANUS_LIKELY(if_alone([&] {
        taken = budget->live < budget->limit;
        budget->live += taken;
      })) &&
      JANUS_LIKELY(taken))
    return true;
  Worker* w = this_worker();
  const uint64_t word = __atomic_load_n(&w->places, __ATOMIC_RELAXED);
  if (kept_of(word, budget) && change(&w->places, word, word - 1)) return true;
  return take_places(w, budget);
}

void give_place(Budget* budget) {
  if (others_run()) {
    Worker* w = this_worker();
    const uint64_t word = __atomic_load_n(&w->places, __ATOMIC_RELAXED);
    const uint64_t kept = kept_of(word, budget);
    if (kept != 0 && kept < kKeptTop && change(&w->places, word, word + 1)) return;
  }
  add_word(&budget->live, -1);
}

}   // namespace janus::rt
