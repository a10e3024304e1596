// abi_tasks.h: what compiled code and the runtime share about tasks, nurseries and channels. Only programs that use
// them link it. Depends on abi.h. SPDX-License-Identifier: Apache-2.0
//
// Functions that can fail return the Error* (owned by the caller, who puts it into the failure register) or null.
// `site, at` is the place in the source: traces, the nursery tree and budget messages name it.
//
// Counts. In programs with tasks a counted block is in one of three states: count > 0, owned by one task at a time,
// plain arithmetic; count == kImmortal, static data; any other count < 0, shared by tasks: -count owners, atomic
// arithmetic (see shared.h). Compiled code calls janus_share / the share functions of types where a value crosses to
// another task: at a spawn, a send, a task's result, a cell. What a shared block reaches is shared too. A shared block
// whose only owner is left is taken back (plain again) when it is to be written.
#pragma once
#include "runtime/abi.h"

namespace janus::rt {

// A task's constant part: static data, one per `spawn` in the source (and instance).
struct TaskDesc {
  const char* name;                  // "main.worker": the function it runs, for the nursery tree
  Error* (*entry)(void* data);   // runs the task: takes the arguments out of data, leaves the result at its start (0);
                                 // null or its failure (owned)
  void (*drop_args)(void* data);   // the task never ran: gives up its arguments; may be null
  void (*drop_result)(void* result);   // gives up a result; may be null
  uint32_t data_size;   // bytes of arguments and result, at most 64 KiB
  uint32_t unused;
  int64_t stack;   // bytes of stack that entry needs at most, proved; 0: not known
};

enum TaskState : uint32_t {
  kTaskEnded = 1
};   // bit of Task::state; set (release) after the result or error is in place
constexpr int64_t kTaskStateOffset = 8;   // u32
constexpr int64_t kTaskErrorOffset = 16;   // Error*: null when it succeeded; valid once ended
constexpr int64_t kTaskData = 160;   // the result, then the arguments; aligned to 16

struct Task;   // counted block, always shared; a handle is a pointer to it
struct Channel;   // counted block, always shared
struct Nursery;   // lies in the frame of the task that opened it
constexpr int64_t kNurserySize = 192;   // bytes, aligned to 16
enum NurseryKind : int32_t { kNurseryPlain = 0, kNurserySupervisor = 1, kNurseryRace = 2 };
enum SpawnFlags : uint32_t {
  kSpawnHandle = 1 /* the caller keeps a handle: one more owner */,
  kSpawnAnswered = 2 /* every await has a catch */
};

struct SelectCase {
  Channel* channel;
  void* value;   // recv: where to put it; send: what to send; closed: null
  int32_t kind;   // 0 recv, 1 send, 3 closed
  int32_t unused;
};

// How a value crosses to another task.
enum ShareMode : uint32_t { kShareMove = 0 /* the giver keeps no share */, kShareCopy = 1 /* the giver keeps one */ };
}   // namespace janus::rt

extern "C" {
// ---- nurseries. begin fills kNurserySize bytes; every begin is followed by exactly one end on every road out.
void janus_nursery_begin(Nursery* nursery, int32_t kind, int64_t tasks /* budget, -1: the program's */,
                         int64_t timeout_ms /* -1: none */, RT_SITE);
// Waits for all children. `failure`: what left the body, consumed, or null. Returns what leaves the nursery: the first
// failure, later ones in its `others`. A race ends as soon as one task has succeeded.
Error* janus_nursery_end(Nursery* nursery, Error* failure, RT_SITE);
Task* janus_race_winner(Nursery* nursery);   // after a race ended with null: the task whose value it is; owned by the
                                             // caller; null when it had none

// ---- tasks
// Makes a task that does not run yet. The caller writes the arguments into the data at task + kTaskData (behind the
// result), then starts it. Null: *failed is the failure (BudgetExceeded). Never suspends.
Task* janus_spawn(Nursery* nursery, const TaskDesc* desc, uint32_t flags, int64_t stack /* -1: as desc says */,
                  Error** failed, RT_SITE);
void janus_spawn_start(Task* task);
Error* janus_await(
    Task* task, RT_SITE);   // waits until it has ended; null: its result lies at task + kTaskData and stays the task's
void janus_task_cancel(Task* task);
bool janus_task_is_done(Task* task);
void janus_task_drop(void* task, uint32_t depth);   // the last owner went (count is already 0)

// ---- the running task
Error* janus_sleep(int64_t ms, RT_SITE);
Error* janus_sleep_nanos(int64_t nanos, RT_SITE);
Error* janus_yield(RT_SITE);
bool janus_cancelled(void);
void janus_shield_begin(void);   // cancellation waits until the matching end; nests
void janus_shield_end(void);
extern Error janus_own_cancel;   // the failure that a cancelled task gets from a suspension point: immortal, told apart
                                 // by its address; no `catch` sees it
extern const ErrorDesc janus_cancelled_desc, janus_channel_closed_desc, janus_budget_exceeded_desc, janus_timeout_desc,
    janus_deadlock_desc;

// Runs run(argument) on a thread that may block, while the task is parked. Not cancelled; for the runtime and std.
void janus_blocking_call(void (*run)(void*), void* argument);

// ---- channels. `value` points at an element of the channel's type.
Channel* janus_channel_new(int64_t cap, const TypeGlue* elem, Error** failed,
                           RT_SITE);   // cap < 0 is a panic; null: *failed
Error* janus_channel_send(Channel* channel, void* value,
                          RT_SITE);   // null: the value was taken; else it stays the caller's
int32_t janus_channel_recv(Channel* channel, void* out, Error** failed,
                           RT_SITE);   // 1: out filled; 0: closed and drained; -1: *failed
bool janus_channel_try_send(Channel* channel, void* value);   // true: the value was taken
bool janus_channel_try_recv(Channel* channel, void* out);
void janus_channel_close(Channel* channel);
bool janus_channel_is_closed(Channel* channel);
int64_t janus_channel_len(Channel* channel);
int64_t janus_channel_cap(Channel* channel);
void janus_channel_drop(void* channel, uint32_t depth);
RT_SOME Error* janus_channel_closed_error(RT_SITE);   // ChannelClosed, for a recv used as a plain value
// Waits until a case is ready, and does it. Result: its index; count: the timeout; count + 1: nothing was ready and
// there is a default; -1: *failed. timeout_ms -1: none.
int32_t janus_select(SelectCase* cases, int32_t count, int64_t timeout_ms, bool has_default, Error** failed, RT_SITE);

// ---- variables that tasks share: statements that touch them run alone. Nests; never held while a task suspends.
void janus_cells_lock(void);
void janus_cells_unlock(void);

// ---- shared counts
// Makes a block fit for other tasks. contents(block, mode) does the same for what it owns; null: it owns nothing
// counted.
void janus_share(void* block, void (*contents)(void* block, uint32_t mode), uint32_t mode);
void janus_share_array(void* array, const TypeGlue* elem,
                       uint32_t mode);   // strings too: elem null or without share: elements own nothing counted
void janus_share_closure(void* closure, uint32_t mode);
void janus_share_dyn(void* block, uint32_t mode);
void janus_share_error(void* error, uint32_t mode);
void janus_retain_shared(void* block);   // count < 0: one more owner, unless immortal
bool janus_release_shared(void* block);   // count < 0: one owner less; true: it was the last (count is 0 now)
bool janus_unshare(void* block);   // count < 0: true when there is one owner only: count is 1 now

// Emitted by the backend beside janus_program_flags.
extern const int64_t janus_program_tasks;   // budget of live tasks, of channels
extern const int64_t janus_program_channels;
extern const char* const janus_program_profile;   // "service"

// `print` and `println` of several tasks: janus_stdout() and janus_stderr() take the sink, this gives it back.
void janus_sink_done(Sink* sink);
}
