// sqlite.cpp: databases of SQLite for std.sqlite: the real library (Debian's libsqlite3.a), called by threads of the
// blocking pool. Depends on handle.h, format_float.h, libsqlite3. SPDX-License-Identifier: Apache-2.0
//
// A connection is a handle of the system to the program: it closes when its last owner lets go, and never under a call.
// A statement is prepared once and kept; the oldest one that is not in use makes room. A task that is cancelled while
// its statement runs, or while it waits for a lock of another process, gets SQLITE_INTERRUPT: the thread that works for
// it looks now and then.
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/format_float.h"
#include "runtime/io/handle.h"
#include "runtime/memory.h"
#ifdef JANUS_TASKS
#include "runtime/tasks/task.h"
#endif

namespace janus::rt {
namespace {

constexpr int kSlots = 64;
constexpr int kLookEvery = 5000;   // steps of SQLite's machine, some tens of microseconds

struct Slot {
  sqlite3_stmt* statement;
  uint64_t used;   // when, counted in calls
  bool busy;   // has rows that were not fetched yet
};

struct Connection {
  Owned owned;
  sqlite3* db;
  uint64_t calls;
  int64_t busy_ms;
  int64_t changed;   // rows, by what ran last
  int64_t columns;   // of a row of that
  void* task;   // for whom it works just now
  Slot slots[kSlots];
};

bool unwanted(const Connection* c) {
#ifdef JANUS_TASKS
  return c->task && is_cancelled(static_cast<Task*>(c->task));
#else
  (void)c;
  return false;
#endif
}

int progress(void* c) { return unwanted(static_cast<Connection*>(c)); }

// Another connection holds the lock: 1 asks for another try.
int busy(void* p, int tries) {
  Connection* c = static_cast<Connection*>(p);
  static const uint8_t waits[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50};
  int64_t waited = 0;
  for (int i = 0; i < tries; i++) waited += waits[i < 9 ? i : 9];
  if (waited >= c->busy_ms || unwanted(c)) return 0;
  timespec span = {0, waits[tries < 9 ? tries : 9] * 1'000'000};
  nanosleep(&span, nullptr);
  return 1;
}

void close_connection(Owned* owned) {
  Connection* c = reinterpret_cast<Connection*>(owned);
  off_task([=] {
    for (Slot& slot : c->slots) sqlite3_finalize(slot.statement);
    sqlite3_close_v2(c->db);
    free(c);
  });
}

// The threads of the pool have small stacks; what an outsider can write as SQL must not go deep.
void set_limits(sqlite3* db) {
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 40);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 50);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);   // "x" is a column, never a text
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

// SQLite's memory comes from the program's own allocator: musl's gives pages back to the system with every statement,
// and maps them anew for the next, which takes several times as long as a short statement. What is large comes from
// musl: SQLite answers when there is no more, a program ends. The size stands in front.
struct Sized {
  alignas(16) int64_t size;
};
constexpr int64_t kSized = sizeof(Sized);
constexpr int64_t kLarge = 1 << 20;
void* sql_alloc(int size) {
  const int64_t all = size + kSized;
  Sized* block = static_cast<Sized*>(size < kLarge ? janus_alloc(all) : malloc(static_cast<size_t>(all)));
  if (!block) return nullptr;
  block->size = size;
  return block + 1;
}
int sql_size(void* memory) { return memory ? static_cast<int>((static_cast<Sized*>(memory) - 1)->size) : 0; }
void sql_free(void* memory) {
  if (!memory) return;
  Sized* block = static_cast<Sized*>(memory) - 1;
  if (block->size < kLarge) janus_free(block, block->size + kSized);
  else free(block);
}
void* sql_resize(void* memory, int size) {
  const int old = sql_size(memory);
  Sized* block = static_cast<Sized*>(memory) - 1;
  if (old < kLarge && size < kLarge)
    block = static_cast<Sized*>(block_resize(block, old + kSized, size + kSized, min64(old, size) + kSized));
  else if (old >= kLarge && size >= kLarge)
    block = static_cast<Sized*>(realloc(block, static_cast<size_t>(size + kSized)));
  else {
    void* moved = sql_alloc(size);
    if (!moved) return nullptr;
    memcpy(moved, memory, static_cast<size_t>(min64(old, size)));
    sql_free(memory);
    return moved;
  }
  if (!block) return nullptr;
  block->size = size;
  return block + 1;
}
int round_up(int size) {
  return size < kLarge - kSized ? static_cast<int>(usable_size(size + kSized) - kSized) : (size + 7) & ~7;
}

// Before the first connection: later SQLite takes no other.
void give_memory() {
  static Lock once;
  static bool given;
  Hold held(once);
  if (given) return;
  given = true;
  static const sqlite3_mem_methods methods = {
      sql_alloc, sql_free, sql_resize, sql_size, round_up, [](void*) { return SQLITE_OK; }, [](void*) {}, nullptr};
  sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  sqlite3_initialize();
}

// Bytes appended to an array of the program.
struct Out {
  Array** slot;
  void put(const void* data, int64_t len) {
    uint8_t* room = bytes_room(slot, len);
    if (len) memcpy(room, data, static_cast<size_t>(len));
    (*slot)->len += len;
  }
  void byte(uint8_t b) { put(&b, 1); }
  void number(int64_t x) { put(&x, 8); }
  void text(const char* s) { put(s, static_cast<int64_t>(strlen(s))); }
  int64_t len() const { return (*slot)->len; }
};

void put_quoted(Out& out, const uint8_t* text, int64_t len) {
  static const char hex[] = "0123456789abcdef";
  out.byte('"');
  int64_t done = 0;
  for (int64_t i = 0; i < len; i++) {
    const uint8_t b = text[i];
    if (b >= 0x20 && b != '"' && b != '\\') continue;
    out.put(text + done, i - done);
    done = i + 1;
    const char escaped[6] = {'\\', 'u', '0', '0', hex[b >> 4], hex[b & 15]};
    out.put(escaped, 6);
  }
  out.put(text + done, len - done);
  out.byte('"');
}

void put_decimal_text(Out& out, int64_t x) {
  uint8_t digits[24];
  uint64_t magnitude = x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  uint8_t* at = digits + 24;
  do *--at = static_cast<uint8_t>('0' + magnitude % 10);
  while (magnitude /= 10);
  if (x < 0) *--at = '-';
  out.put(at, digits + 24 - at);
}

void put_real(Out& out, double x) {
  uint8_t text[kFloatText];
  if (x < 0) out.byte('-');
  const double magnitude = x < 0 ? -x : x;
  if (magnitude > 1.7976931348623157e308) return out.text("1e999");   // infinity: the reader says that it does not fit
  out.put(text, put_f64(text, magnitude, false));
}

bool means_bool(const char* declared) {
  return declared && (sqlite3_stricmp(declared, "boolean") == 0 || sqlite3_stricmp(declared, "bool") == 0);
}

// The row as a JSON object: what becomes a struct.
void put_object(Out& out, sqlite3_stmt* s) {
  out.byte('{');
  const int columns = sqlite3_data_count(s);
  for (int i = 0; i < columns; i++) {
    if (i) out.byte(',');
    const char* name = sqlite3_column_name(s, i);
    put_quoted(out, reinterpret_cast<const uint8_t*>(name), static_cast<int64_t>(strlen(name)));
    out.byte(':');
    switch (sqlite3_column_type(s, i)) {
      case SQLITE_INTEGER: {
        const int64_t x = sqlite3_column_int64(s, i);
        if ((x == 0 || x == 1) && means_bool(sqlite3_column_decltype(s, i))) out.text(x ? "true" : "false");
        else put_decimal_text(out, x);
        break;
      }
      case SQLITE_FLOAT: put_real(out, sqlite3_column_double(s, i)); break;
      case SQLITE_TEXT: {
        const uint8_t* text = sqlite3_column_text(s, i);
        put_quoted(out, text, sqlite3_column_bytes(s, i));
        break;
      }
      case SQLITE_BLOB: {
        const uint8_t* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(s, i));
        const int len = sqlite3_column_bytes(s, i);
        out.byte('[');
        for (int k = 0; k < len; k++) {
          if (k) out.byte(',');
          put_decimal_text(out, bytes[k]);
        }
        out.byte(']');
        break;
      }
      default: out.text("null");
    }
  }
  out.byte('}');
}

// The row as tagged values: 0 null, 1 integer, 2 real, 3 text, 4 bytes, as arguments come in.
void put_values(Out& out, sqlite3_stmt* s) {
  const int columns = sqlite3_data_count(s);
  for (int i = 0; i < columns; i++) {
    switch (sqlite3_column_type(s, i)) {
      case SQLITE_INTEGER:
        out.byte(1);
        out.number(sqlite3_column_int64(s, i));
        break;
      case SQLITE_FLOAT: {
        const double x = sqlite3_column_double(s, i);
        out.byte(2);
        out.put(&x, 8);
        break;
      }
      case SQLITE_TEXT: {
        const uint8_t* text = sqlite3_column_text(s, i);
        const int len = sqlite3_column_bytes(s, i);
        out.byte(3);
        out.number(len);
        out.put(text, len);
        break;
      }
      case SQLITE_BLOB: {
        const void* bytes = sqlite3_column_blob(s, i);
        const int len = sqlite3_column_bytes(s, i);
        out.byte(4);
        out.number(len);
        out.put(bytes, len);
        break;
      }
      default: out.byte(0);
    }
  }
}

constexpr uint8_t kRowEnd = 5;

// Binds the arguments from *at on: to the end, or to the end of their row. Their bytes are copied unless `stay`.
int bind_all(sqlite3_stmt* s, const uint8_t** from, const uint8_t* end, bool stay) {
  const uint8_t* at = *from;
  const sqlite3_destructor_type keep = stay ? SQLITE_STATIC : SQLITE_TRANSIENT;
  int i = 0;
  while (at < end) {
    const uint8_t tag = *at++;
    if (tag == kRowEnd) break;
    int64_t number = 0;
    if (tag != 0) {
      memcpy(&number, at, 8);
      at += 8;
    }
    i++;
    int code = SQLITE_OK;
    if (tag == 0) code = sqlite3_bind_null(s, i);
    if (tag == 1) code = sqlite3_bind_int64(s, i, number);
    if (tag == 2) {
      double x;
      memcpy(&x, &number, 8);
      code = sqlite3_bind_double(s, i, x);
    }
    if (tag >= 3) {
      code = tag == 3 ? sqlite3_bind_text64(s, i, reinterpret_cast<const char*>(at), static_cast<uint64_t>(number),
                                            keep, SQLITE_UTF8)
                      : sqlite3_bind_blob64(s, i, at, static_cast<uint64_t>(number), keep);
      at += number;
    }
    if (code != SQLITE_OK) return code;
  }
  *from = at;
  return i == sqlite3_bind_parameter_count(s) ? SQLITE_OK : SQLITE_RANGE;
}

struct Call {
  Connection* c;
  Out out;
  int64_t mode;   // 0: no rows wanted, 1: objects with commas between, 2: values
  int64_t limit;   // most bytes of rows in this call
  int64_t* slot;   // >= 0: there is more
};

int64_t failed(Call& call, int code) {
  (*call.out.slot)->len = 0;   // no row: what went wrong
  if (code == SQLITE_RANGE) call.out.text("the statement has another number of `?` than there are arguments");
  else call.out.text(sqlite3_errmsg(call.c->db));
  return code == SQLITE_OK ? SQLITE_ERROR : code;
}

void finish(Slot& slot) {
  sqlite3_reset(slot.statement);
  sqlite3_clear_bindings(slot.statement);
  slot.busy = false;
}

// Steps until the end, or until there are enough rows for one call.
int64_t fetch(Call& call, Slot& slot) {
  *call.slot = -1;
  for (;;) {
    const int code = sqlite3_step(slot.statement);
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) {
      const int64_t why = failed(call, sqlite3_extended_errcode(call.c->db));
      finish(slot);
      return why;
    }
    if (call.mode == 0) continue;
    if (call.mode == 1) {
      if (call.out.len()) call.out.byte(',');
      put_object(call.out, slot.statement);
    } else {
      put_values(call.out, slot.statement);
    }
    if (call.out.len() >= call.limit) {
      *call.slot = &slot - call.c->slots;
      slot.busy = true;
      return 0;
    }
  }
  finish(slot);
  return 0;
}

// The statement for a text: the one prepared before, or a new one in the place that was not used for longest.
int64_t prepared(Call& call, const String* sql, Slot** out) {
  Connection* c = call.c;
  Slot* place = nullptr;
  for (Slot& slot : c->slots) {
    if (slot.busy) continue;
    if (slot.statement) {
      const char* text = sqlite3_sql(slot.statement);
      if (strlen(text) == static_cast<size_t>(sql->len) &&
          memcmp(text, sql->data, static_cast<size_t>(sql->len)) == 0) {
        *out = &slot;
        return 0;
      }
    }
    if (!place || slot.used < place->used) place = &slot;
  }
  if (!place) {
    call.out.text("too many statements of this connection have rows that were not fetched");
    return SQLITE_ERROR;
  }
  sqlite3_finalize(place->statement);
  place->statement = nullptr;
  if (sql->len && memchr(sql->data, 0, static_cast<size_t>(sql->len))) {
    call.out.text("a zero byte in the statement");
    return SQLITE_ERROR;
  }
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v3(c->db, reinterpret_cast<const char*>(sql->data), static_cast<int>(min64(sql->len, 1 << 30)),
                         SQLITE_PREPARE_PERSISTENT, &place->statement, &rest);
  if (code != SQLITE_OK) return failed(call, sqlite3_extended_errcode(c->db));
  const char* end = reinterpret_cast<const char*>(sql->data) + sql->len;
  while (rest < end && (*rest == ' ' || *rest == '\n' || *rest == '\t' || *rest == '\r' || *rest == ';')) rest++;
  if (!place->statement || rest < end) {
    sqlite3_finalize(place->statement);
    place->statement = nullptr;
    call.out.text(rest < end ? "more than one statement: `script` runs several" : "no statement in the text");
    return SQLITE_ERROR;
  }
  *out = place;
  return 0;
}

// Adds what the statement changed to the connection's count; SQLite's own keeps what an earlier one changed.
template <typename F>
int64_t counting(Connection* c, F f) {
  const int64_t before = sqlite3_total_changes64(c->db);
  const int64_t code = f();
  if (sqlite3_total_changes64(c->db) != before) c->changed += sqlite3_changes64(c->db);
  return code;
}

// One statement for each row of arguments, until one fails: *row is that one then.
int64_t run_rows(Call& call, const String* sql, const Array* arguments, int64_t* row) {
  Connection* c = call.c;
  Slot* found = nullptr;
  c->calls++;
  if (const int64_t code = prepared(call, sql, &found)) return code;
  found->used = c->calls;
  const uint8_t* at = arguments->data;
  const uint8_t* end = at + arguments->len;
  for (int64_t n = 0; at < end; n++) {
    *row = n;
    if (unwanted(c)) return SQLITE_INTERRUPT;
    if (const int code = bind_all(found->statement, &at, end, true); code != SQLITE_OK) {
      const int64_t why = failed(call, code);
      finish(*found);
      return why;
    }
    if (const int64_t code = counting(c, [&] { return fetch(call, *found); })) return code;
    if (sqlite3_get_autocommit(c->db)) {
      call.out.text("the statement ended the transaction");
      return SQLITE_RANGE;
    }
  }
  *row = -1;
  return 0;
}

// Runs f for the handle's connection, where it may take long. -EBADF: closed.
template <typename F>
int64_t with_connection(Handle* h, F f) {
  if (enter(h) < 0) return -EBADF;
  Connection* c = reinterpret_cast<Connection*>(h->owned);
  int64_t result = 0;
#ifdef JANUS_TASKS
  c->task = this_task();
#endif
  in_pool([&] { result = f(c); });
  c->task = nullptr;
  leave(h);
  return result;
}

}   // namespace
}   // namespace janus::rt

using namespace janus::rt;

extern "C" {
// Arguments as bytes: a tag each, and behind it a number, or a length and bytes.
void janus_sqlite_put(Array** out, int64_t tag, int64_t number) {
  Out o = {out};
  o.byte(static_cast<uint8_t>(tag));
  if (tag != 0) o.number(number);
}
void janus_sqlite_put_real(Array** out, double x) {
  Out o = {out};
  o.byte(2);
  o.put(&x, 8);
}
void janus_sqlite_put_text(Array** out, String* text) {
  Out o = {out};
  o.byte(3);
  o.number(text->len);
  o.put(text->data, text->len);
}
void janus_sqlite_put_bytes(Array** out, Array* bytes) {
  Out o = {out};
  o.byte(4);
  o.number(bytes->len);
  o.put(bytes->data, bytes->len);
}
int64_t janus_sqlite_int(Array* bytes, int64_t at) {
  int64_t x = 0;
  if (at >= 0 && at <= bytes->len - 8) memcpy(&x, bytes->data + at, 8);
  return x;
}
double janus_sqlite_real(Array* bytes, int64_t at) {
  double x = 0;
  if (at >= 0 && at <= bytes->len - 8) memcpy(&x, bytes->data + at, 8);
  return x;
}

// flags: 1 read only, 2 must be there already. code: 0, or SQLite's; the words for it in `said`.
Handle* janus_sqlite_open(String* path, int64_t flags, int64_t busy_ms, int64_t* code, Array** said) {
  Handle* result = nullptr;
  in_pool([&] {
    PathText text;
    Out out = {said};
    *code = SQLITE_CANTOPEN;
    if (!path_text(path, &text)) return out.text("no name of a file");
    give_memory();
    Connection* c = static_cast<Connection*>(calloc(1, sizeof(Connection)));
    if (!c) return out.text("out of memory");
    c->owned.close = close_connection;
    c->busy_ms = busy_ms;
    const int how = (flags & 1 ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | (flags & 2 ? 0 : SQLITE_OPEN_CREATE)) |
                    SQLITE_OPEN_FULLMUTEX;
    *code = sqlite3_open_v2(text.text, &c->db, how, nullptr);
    if (*code != SQLITE_OK) {
      out.text(c->db ? sqlite3_errmsg(c->db) : "out of memory");
      sqlite3_close_v2(c->db);
      free(c);
      return;
    }
    sqlite3_extended_result_codes(c->db, 1);
    set_limits(c->db);
    sqlite3_busy_handler(c->db, busy, c);
    sqlite3_progress_handler(c->db, kLookEvery, progress, c);
    result = handle_new(0, kOwned);
    result->owned = &c->owned;
  });
  return result;
}

// Prepares, binds and runs one statement. 0 and rows in `rows`, or SQLite's code and the words for it there.
int64_t janus_sqlite_run(Handle* h, String* sql, Array* arguments, int64_t mode, int64_t limit, Array** rows,
                         int64_t* slot) {
  return with_connection(h, [=](Connection* c) -> int64_t {
    Call call = {c, {rows}, mode, limit, slot};
    *slot = -1;
    Slot* found = nullptr;
    c->calls++;
    if (const int64_t code = prepared(call, sql, &found)) return code;
    found->used = c->calls;
    const uint8_t* at = arguments->data;
    if (const int code = bind_all(found->statement, &at, at + arguments->len, false); code != SQLITE_OK) {
      const int64_t why = failed(call, code);
      finish(*found);
      return why;
    }
    c->changed = 0;
    const int64_t code = counting(c, [&] { return fetch(call, *found); });
    c->columns = sqlite3_column_count(found->statement);   // now: the first step may have prepared it anew
    return code;
  });
}

// Ends a row of arguments, where there are several.
void janus_sqlite_put_row_end(Array** out) { Out{out}.byte(kRowEnd); }

// One statement for each row of `arguments`, in one go: all rows, or none. `within`: in a transaction that is under
// way. Else SQLite's code, the words for it in `said`, and which row it was, or -1.
int64_t janus_sqlite_run_many(Handle* h, String* sql, Array* arguments, int64_t within, Array** said, int64_t* row) {
  return with_connection(h, [=](Connection* c) -> int64_t {
    int64_t none = -1;
    Call call = {c, {said}, 0, 0, &none};
    const auto run = [&](const char* text) -> int64_t {
      const int code = sqlite3_exec(c->db, text, nullptr, nullptr, nullptr);
      return code == SQLITE_OK ? 0 : failed(call, sqlite3_extended_errcode(c->db));
    };
    *row = -1;
    c->changed = 0;
    if (const int64_t code = run(within ? "savepoint janus_many" : "begin immediate")) return code;
    int64_t code = run_rows(call, sql, arguments, row);
    if (!code) code = run(within ? "release janus_many" : "commit");
    if (code)   // what fails here was undone by SQLite itself
      sqlite3_exec(c->db, within ? "rollback to janus_many; release janus_many" : "rollback", nullptr, nullptr,
                   nullptr);
    return code;
  });
}

// More rows of the statement in a slot.
int64_t janus_sqlite_more(Handle* h, int64_t mode, int64_t limit, Array** rows, int64_t* slot) {
  return with_connection(h, [=](Connection* c) -> int64_t {
    Call call = {c, {rows}, mode, limit, slot};
    return fetch(call, c->slots[*slot]);
  });
}

// No more rows are wanted.
void janus_sqlite_done(Handle* h, int64_t slot) {
  if (enter(h) < 0) return;
  Connection* c = reinterpret_cast<Connection*>(h->owned);
  off_task([=] { finish(c->slots[slot]); });
  leave(h);
}

// Several statements without arguments.
int64_t janus_sqlite_script(Handle* h, String* sql, Array** said) {
  return with_connection(h, [=](Connection* c) -> int64_t {
    Out out = {said};
    const char* at = reinterpret_cast<const char*>(sql->data);
    const char* end = at + sql->len;
    while (at < end) {
      sqlite3_stmt* s = nullptr;
      const char* rest = end;
      int code = sqlite3_prepare_v2(c->db, at, static_cast<int>(min64(end - at, 1 << 30)), &s, &rest);
      if (code == SQLITE_OK && s) {
        do code = sqlite3_step(s);
        while (code == SQLITE_ROW);
        if (code == SQLITE_DONE) code = SQLITE_OK;
      }
      if (code != SQLITE_OK) {
        const int64_t why = sqlite3_extended_errcode(c->db);
        out.text(sqlite3_errmsg(c->db));
        sqlite3_finalize(s);
        return why;
      }
      sqlite3_finalize(s);
      if (rest <= at) break;
      at = rest;
    }
    return 0;
  });
}

// What the last statement did: 0 rows changed, 1 the number of the row that was put in last, 2: in a transaction (0 or
// 1), 3 columns of its rows.
int64_t janus_sqlite_fact(Handle* h, int64_t which) {
  if (enter(h) < 0) return -EBADF;
  Connection* c = reinterpret_cast<Connection*>(h->owned);
  int64_t result = 0;
  off_task([&] {
    switch (which) {
      case 0: result = c->changed; break;
      case 1: result = sqlite3_last_insert_rowid(c->db); break;
      case 2: result = !sqlite3_get_autocommit(c->db); break;
      default: result = c->columns;
    }
  });
  leave(h);
  return result;
}

// Closes now, where it may take long (a journal may be written back).
bool janus_io_close(Handle* h);
int64_t janus_sqlite_close(Handle* h) {
  in_pool([=] { janus_io_close(h); });
  return 0;
}
}   // extern "C"
