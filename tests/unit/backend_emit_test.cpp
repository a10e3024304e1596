// backend_emit_test.cpp: JIR built by hand goes to an executable, is run, and must print and exit as said; debug and
// release alike. Depends on doctest, backend. SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backend/cache.h"
#include "backend/embed.h"
#include "backend/emit.h"
#include "backend/lower.h"
#include "frontend/compilation.h"

using namespace janus;

namespace {

// Adds instructions to one function; every method returns the value it made.
struct Func {
  JFunc f;
  uint32_t at = 0;
  uint32_t pos = 0;
  explicit Func(std::string symbol, JType result = JType::Void) {
    f.symbol = f.display = std::move(symbol);
    f.result = result;
    f.blocks.resize(1);
    f.debug = false;
  }
  uint32_t param(JType t) {
    f.params.push_back({.type = t});
    return op(JOp::Param, t, static_cast<uint32_t>(f.params.size() - 1));
  }
  uint32_t block(bool cold = false) {
    f.blocks.push_back({{}, cold});
    return static_cast<uint32_t>(f.blocks.size() - 1);
  }
  void go(uint32_t b) { at = b; }
  uint32_t list(std::initializer_list<uint32_t> items) {
    uint32_t index = static_cast<uint32_t>(f.extra.size());
    f.extra.push_back(static_cast<uint32_t>(items.size()));
    f.extra.insert(f.extra.end(), items);
    return index;
  }
  uint32_t op(JOp op, JType type, uint32_t a = kNone, uint32_t b = kNone, uint32_t c = kNone, uint16_t aux = 0) {
    f.instrs.push_back({.op = op, .type = type, .aux = aux, .a = a, .b = b, .c = c, .pos = pos});
    f.blocks[at].instrs.push_back(static_cast<uint32_t>(f.instrs.size() - 1));
    return static_cast<uint32_t>(f.instrs.size() - 1);
  }
  uint32_t integer(int64_t x, JType t = JType::I64) {
    return op(JOp::ConstInt, t, static_cast<uint32_t>(x), static_cast<uint32_t>(static_cast<uint64_t>(x) >> 32));
  }
  uint32_t rt(JRt symbol, std::initializer_list<uint32_t> args, JType t = JType::Void) {
    return op(JOp::CallRt, t, static_cast<uint32_t>(symbol), list(args));
  }
  uint32_t call(uint32_t callee, std::initializer_list<uint32_t> args, JType t, uint32_t landing) {
    return op(JOp::Call, t, callee, list(args), landing);
  }
  uint32_t cmp(JCmp c, uint32_t a, uint32_t b) {
    return op(JOp::Cmp, JType::I1, a, b, kNone, static_cast<uint16_t>(c));
  }
  void ret(uint32_t v = kNone) { op(JOp::Ret, JType::Void, v); }
};

struct Outcome {
  int code = -1;
  std::string out, err;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/janus-unit-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

bool has_runtime() { return embedded_file("lib/libjanus_rt.a").data() != nullptr; }

Outcome build_and_run(const JModule& module, bool release) {
  SourceMap sources;
  Names names;
  Diagnostics diags;
  Program program(sources, names, diags);
  Layouts layouts(program);
  verify_jir(module);
  EmitResult made = emit(module, program, layouts, {.release = release});
  REQUIRE_MESSAGE(made.ok, made.why);
  Folder folder;
  std::string exe = folder.path + "/prog", why;
  REQUIRE_MESSAGE(link_executable(made.parts, {}, exe, release, why), why);
  Outcome result;
  int status = std::system((exe + " >" + folder.path + "/out 2>" + folder.path + "/err").c_str());
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_file(folder.path + "/out");
  result.err = read_file(folder.path + "/err");
  return result;
}

// The wrapper of main: runs function `body`, hands its error to the runtime.
void add_main(JModule& m, uint32_t body) {
  Func f("janus_main_entry", JType::Ptr);
  f.f.c_abi = f.f.exported = true;
  f.f.can_fail = false;
  uint32_t landing = f.block(true);
  f.call(body, {}, JType::Void, m.funcs[body].can_fail ? landing : kNone);
  f.ret(f.op(JOp::ConstNull, JType::Ptr));
  f.go(landing);
  f.ret(f.op(JOp::GetError, JType::Ptr));
  m.main = static_cast<uint32_t>(m.funcs.size());
  m.funcs.push_back(f.f);
}

void print_line(Func& f, uint32_t number) {
  uint32_t out = f.rt(JRt::Stdout, {}, JType::Ptr);
  f.rt(JRt::PrintI64, {out, number});
  f.rt(JRt::SinkNewline, {out});
}

// fib(n) with checked arithmetic; main prints fib(20).
JModule fib(int64_t n, bool mark) {
  JModule m;
  Func f("t.fib", JType::I64);
  uint32_t x = f.param(JType::I64);
  uint32_t small = f.block(), big = f.block(), fail = f.block(true);
  f.op(JOp::CondBr, JType::Void, f.cmp(JCmp::SLt, x, f.integer(2)), small, big);
  f.go(small);
  f.ret(x);
  f.go(big);
  uint32_t a = f.call(0, {f.op(JOp::SubChk, JType::I64, x, f.integer(1), fail, 1)}, JType::I64, fail);
  uint32_t b = f.call(0, {f.op(JOp::SubChk, JType::I64, x, f.integer(2), fail, 1)}, JType::I64, fail);
  f.ret(f.op(JOp::AddChk, JType::I64, a, b, fail, 1));
  f.go(fail);
  f.op(JOp::RetFail, JType::Void);
  m.funcs.push_back(f.f);
  Func g("t.main");
  uint32_t landing = g.block(true);
  print_line(g, g.call(0, {g.integer(n)}, JType::I64, landing));
  g.ret();
  g.go(landing);
  g.op(JOp::RetFail, JType::Void);
  m.funcs.push_back(g.f);
  add_main(m, 1);
  if (mark) mark_nofail(m);
  return m;
}

}  // namespace

TEST_CASE("recursion with checked arithmetic") {
  if (!has_runtime()) return;
  for (bool release : {false, true}) {
    Outcome r = build_and_run(fib(20, false), release);
    CHECK(r.out == "6765\n");
    CHECK(r.err == "");
    CHECK(r.code == 0);
  }
}

TEST_CASE("a panic reaches main and exits 101") {
  if (!has_runtime()) return;
  for (bool release : {false, true}) {
    JModule m;
    Func f("t.main");
    uint32_t landing = f.block(true);
    uint32_t big = f.integer(INT64_MAX);
    f.op(JOp::AddChk, JType::I64, big, f.rt(JRt::HashU64, {big, big}, JType::I64), landing, 0);
    f.op(JOp::MulChk, JType::I64, big, f.integer(3), landing, 1);
    f.ret();
    f.go(landing);
    f.op(JOp::RetFail, JType::Void);
    m.funcs.push_back(f.f);
    add_main(m, 0);
    Outcome r = build_and_run(m, release);
    CHECK(r.code == 101);
    CHECK(r.err.find("overflow") != std::string::npos);
  }
}

// count(n, acc) calls itself; even/odd call each other with different parameters; both in constant stack.
TEST_CASE("tail calls, with failures through them") {
  if (!has_runtime()) return;
  for (bool release : {false, true}) {
    JModule m;
    Func count("t.count", JType::I64);
    {
      uint32_t n = count.param(JType::I64), acc = count.param(JType::I64);
      uint32_t done = count.block(), more = count.block(), fail = count.block(true);
      count.op(JOp::CondBr, JType::Void, count.cmp(JCmp::Eq, n, count.integer(0)), done, more);
      count.go(done);
      count.ret(acc);
      count.go(more);
      uint32_t n1 = count.op(JOp::SubChk, JType::I64, n, count.integer(1), fail, 1);
      uint32_t acc1 = count.op(JOp::AddChk, JType::I64, acc, n, fail, 1);
      count.op(JOp::TailCall, JType::Void, 0, count.list({n1, acc1}));
      count.go(fail);
      count.op(JOp::RetFail, JType::Void);
    }
    m.funcs.push_back(count.f);
    // even(n) = n == 0 ? 1 : odd(n - 1, 7); odd(n, x) = n == 0 ? 1 / (x - 7) panics : even(n - 1)
    Func even("t.even", JType::I64);
    {
      uint32_t n = even.param(JType::I64);
      uint32_t done = even.block(), more = even.block(), fail = even.block(true);
      even.op(JOp::CondBr, JType::Void, even.cmp(JCmp::Eq, n, even.integer(0)), done, more);
      even.go(done);
      even.ret(even.integer(1));
      even.go(more);
      uint32_t n1 = even.op(JOp::SubChk, JType::I64, n, even.integer(1), fail, 1);
      even.op(JOp::TailCall, JType::Void, 2, even.list({n1, even.integer(7)}));
      even.go(fail);
      even.op(JOp::RetFail, JType::Void);
    }
    m.funcs.push_back(even.f);
    Func odd("t.odd", JType::I64);
    {
      uint32_t n = odd.param(JType::I64), x = odd.param(JType::I64);
      uint32_t done = odd.block(), more = odd.block(), fail = odd.block(true);
      odd.op(JOp::CondBr, JType::Void, odd.cmp(JCmp::Eq, n, odd.integer(0)), done, more);
      odd.go(done);
      uint32_t fib5 = odd.call(0, {odd.integer(4), odd.integer(0)}, JType::I64, fail);   // the other convention
      odd.op(JOp::Check, JType::Void, odd.cmp(JCmp::Ne, x, odd.integer(7)), odd.list({}), fail,
             static_cast<uint16_t>(JPanic::DivZero));
      odd.ret(fib5);
      odd.go(more);
      uint32_t n1 = odd.op(JOp::SubChk, JType::I64, n, odd.integer(1), fail, 1);
      odd.op(JOp::TailCall, JType::Void, 1, odd.list({n1}));
      odd.go(fail);
      odd.op(JOp::RetFail, JType::Void);
    }
    m.funcs.push_back(odd.f);
    Func f("t.main");
    uint32_t landing = f.block(true);
    print_line(f, f.call(0, {f.integer(3'000'000), f.integer(0)}, JType::I64, landing));
    print_line(f, f.call(1, {f.integer(3'000'000)}, JType::I64, landing));
    // The same through a function value.
    uint32_t value = f.op(JOp::FuncAddr, JType::Ptr, 1);
    print_line(f, f.op(JOp::CallPtr, JType::I64, f.list({value, f.integer(1000)}), 1, landing));
    print_line(f, f.op(JOp::CallPtr, JType::I64, f.list({value, f.integer(1001)}), 1, landing));
    f.ret();
    f.go(landing);
    f.op(JOp::RetFail, JType::Void);
    m.funcs.push_back(f.f);
    add_main(m, 3);
    Outcome r = build_and_run(m, release);
    CHECK(r.out == "4500001500000\n1\n1\n");
    CHECK(r.code == 101);
  }
}

// Small results through a circle of tail calls: the selector refuses a call whose promises differ from its caller's.
TEST_CASE("a circle of tail calls that gives a bool") {
  if (!has_runtime()) return;
  for (bool release : {false, true}) {
    JModule m;
    for (uint32_t which : {0u, 1u}) {
      Func f(which ? "t.is_odd" : "t.is_even", JType::I1);
      f.f.can_fail = false;
      uint32_t n = f.param(JType::I64);
      uint32_t done = f.block(), more = f.block();
      f.op(JOp::CondBr, JType::Void, f.cmp(JCmp::Eq, n, f.integer(0)), done, more);
      f.go(done);
      f.ret(f.integer(which ? 0 : 1, JType::I1));
      f.go(more);
      f.op(JOp::TailCall, JType::Void, 1 - which, f.list({f.op(JOp::Sub, JType::I64, n, f.integer(1))}));
      m.funcs.push_back(f.f);
    }
    Func f("t.main");
    f.f.can_fail = false;
    for (int64_t n : {3'000'000, 3'000'001})
      print_line(f, f.op(JOp::Cast, JType::I64, f.call(0, {f.integer(n)}, JType::I1, kNone), kNone, kNone,
                         static_cast<uint16_t>(JCast::ZExt)));
    f.ret();
    m.funcs.push_back(f.f);
    add_main(m, 2);
    Outcome r = build_and_run(m, release);
    CHECK(r.out == "1\n0\n");
    CHECK(r.code == 0);
  }
}

// A failure is caught where it lands, the register is clean afterwards, and merges take one value per way in.
TEST_CASE("catching and merging") {
  if (!has_runtime()) return;
  for (bool release : {false, true}) {
    JModule m;
    Func div("t.half", JType::I64);
    {
      uint32_t n = div.param(JType::I64);
      uint32_t fail = div.block(true);
      div.op(JOp::Check, JType::Void, div.cmp(JCmp::Ne, n, div.integer(0)), div.list({}), fail,
             static_cast<uint16_t>(JPanic::DivZero));
      div.ret(div.op(JOp::SDiv, JType::I64, div.integer(100), n));
      div.go(fail);
      div.op(JOp::RetFail, JType::Void);
    }
    m.funcs.push_back(div.f);
    Func f("t.main");
    {
      f.f.can_fail = false;
      uint32_t caught = f.block(true), join = f.block();
      uint32_t zero = f.integer(0);
      uint32_t a = f.call(0, {f.integer(5)}, JType::I64, caught);
      uint32_t b = f.call(0, {zero}, JType::I64, caught);
      uint32_t fell = f.at;
      f.op(JOp::Br, JType::Void, join);
      f.go(caught);
      uint32_t which = f.op(JOp::Phi, JType::I64, f.list({fell, zero}));
      uint32_t error = f.op(JOp::GetError, JType::Ptr);
      f.op(JOp::Release, JType::Void, error, static_cast<uint32_t>(JRt::ErrorDrop), kNone, 2);
      uint32_t minus = f.op(JOp::Sub, JType::I64, which, f.integer(1));
      f.op(JOp::Br, JType::Void, join);
      f.go(join);
      print_line(f, f.op(JOp::Phi, JType::I64, f.list({fell, b, caught, minus})));
      f.ret();
      (void)a;
    }
    m.funcs.push_back(f.f);
    add_main(m, 1);
    Outcome r = build_and_run(m, release);
    CHECK(r.out == "-1\n");
    CHECK(r.err == "");
    CHECK(r.code == 0);
  }
}

TEST_CASE("functions proved unable to fail lose their failure register") {
  JModule m = fib(10, true);
  CHECK(m.funcs[0].can_fail);
  JModule plain;
  Func f("t.id", JType::I64);
  f.ret(f.param(JType::I64));
  plain.funcs.push_back(f.f);
  Func g("t.main");
  uint32_t landing = g.block(true);
  g.call(0, {g.integer(1)}, JType::I64, landing);
  g.ret();
  g.go(landing);
  g.op(JOp::RetFail, JType::Void);
  plain.funcs.push_back(g.f);
  mark_nofail(plain);
  verify_jir(plain);
  CHECK_FALSE(plain.funcs[0].can_fail);
  CHECK_FALSE(plain.funcs[1].can_fail);
  CHECK(plain.funcs[1].instrs[1].c == kNone);
}

TEST_CASE("same objects, whatever the number of threads") {
  JModule m = fib(10, false);
  SourceMap sources;
  Names names;
  Diagnostics diags;
  Program program(sources, names, diags);
  Layouts layouts(program);
  for (bool release : {false, true}) {
    EmitResult one = emit(m, program, layouts, {.release = release, .threads = 1});
    EmitResult two = emit(m, program, layouts, {.release = release, .threads = 2});
    CHECK(one.parts == two.parts);
  }
}

TEST_CASE("link failures say what and why, and leave no file") {
  if (!has_runtime()) return;
  SourceMap sources;
  Names names;
  Diagnostics diags;
  Program program(sources, names, diags);
  Layouts layouts(program);
  EmitResult made = emit(fib(10, false), program, layouts, {});
  Folder folder;
  std::string why;
  CHECK_FALSE(link_executable(made.parts, {}, folder.path, false, why));
  CHECK(why == "cannot write `" + folder.path + "`: it is a folder");
  CHECK_FALSE(link_executable(made.parts, {}, folder.path + "/no/prog", false, why));
  CHECK(why == "cannot write `" + folder.path + "/no/prog`: the folder `" + folder.path + "/no` does not exist");
  CHECK_FALSE(link_executable(made.parts, {folder.path + "/absent.o"}, folder.path + "/prog", false, why));
  CHECK(why.find("absent.o") != std::string::npos);
  if (access("/dev/full", W_OK) == 0) {
    CHECK_FALSE(link_executable(made.parts, {}, "/dev/full", false, why));
    CHECK(why == "cannot write `/dev/full`: the disk is full");
  }
  JModule missing;
  missing.externs.push_back({.symbol = "no_such_function", .result = JType::Void, .params = {}, .is_signed = {}});
  Func f("t.main");
  f.f.can_fail = false;
  f.op(JOp::CallC, JType::Void, 0, f.list({}));
  f.ret();
  missing.funcs.push_back(f.f);
  add_main(missing, 0);
  made = emit(missing, program, layouts, {});
  CHECK_FALSE(link_executable(made.parts, {}, folder.path + "/prog", false, why));
  CHECK(why.find("`no_such_function`") != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path));
}

// A debugger that knows nothing of Janus stops at a line and shows variables: numbers, text, arrays, tuples, null.
TEST_CASE("gdb shows lines, functions and variables") {
  if (!has_runtime() || std::system("gdb --version >/dev/null 2>&1") != 0) return;
  SourceMap sources;
  Names names;
  Diagnostics diags;
  Program program(sources, names, diags);
  Layouts layouts(program);
  sources.add("show.jan", "one line\ntwo line\nthree ln\nfour lin\n");
  auto at_line = [](uint32_t line) { return 1 + (line - 1) * 9; };
  JModule m;
  JGlobal text;
  text.symbol = "str.0";
  text.bytes.assign(32, '\0');
  text.bytes[3] = '\x80';   // count: immortal
  text.bytes[8] = 5;
  text.bytes += "hello";
  text.relocs.push_back({.offset = 16, .is_func = false, .is_rt = false, .index = 1});
  text.writable = false;
  JGlobal letters;
  letters.symbol = "str.0.bytes";
  letters.bytes = "hello";
  m.globals = {text, letters};
  Func f("show.work", JType::I64);
  f.f.debug = true;
  f.f.can_fail = false;
  f.pos = at_line(1);
  f.f.span = {f.pos, f.pos + 1};
  uint32_t px = f.param(JType::I64), ps = f.param(JType::Ptr), pa = f.param(JType::Ptr);
  auto variable = [&](const char* name, TypeId type, uint32_t size, uint32_t arg) {
    JSlot s;
    s.size = size;
    s.name = names.intern(name);
    s.type = type;
    s.span = {f.pos, f.pos + 1};
    s.arg = arg;
    f.f.slots.push_back(s);
    return f.op(JOp::SlotAddr, JType::Ptr, static_cast<uint32_t>(f.f.slots.size() - 1));
  };
  auto store = [&](uint32_t to, uint32_t offset, uint32_t v) {
    f.op(JOp::Store, JType::Void, to, offset, v, static_cast<uint16_t>(JAlias::Scalar));
  };
  store(variable("x", Types::I64, 8, 1), 0, px);
  store(variable("s", Types::String, 8, 2), 0, ps);
  store(variable("numbers", program.types.array(Types::I64), 8, 3), 0, pa);
  f.pos = at_line(2);
  uint32_t none = variable("none", program.types.optional(Types::String), 8, 0);
  store(none, 0, f.op(JOp::ConstNull, JType::Ptr));
  uint32_t pair =
      variable("pair", program.types.tuple(std::vector<TypeId>{Types::F64, Types::Bool, Types::String}), 24, 0);
  uint64_t bits = 0x4004000000000000;   // 2.5
  store(pair, 0, f.op(JOp::ConstFloat, JType::F64, static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32)));
  store(pair, 8, f.integer(1, JType::I1));
  store(pair, 16, ps);
  uint32_t words = variable("words", program.types.array(Types::String), 8, 0);
  uint32_t w = f.rt(JRt::ArrayNew, {f.integer(2), f.op(JOp::GlobalAddr, JType::Ptr, 2)}, JType::Ptr);
  uint32_t data = f.op(JOp::Load, JType::Ptr, w, 16);
  f.op(JOp::Store, JType::Void, data, 0, ps);
  f.op(JOp::Store, JType::Void, data, 8, ps);
  f.op(JOp::Store, JType::Void, w, 8, f.integer(2));
  store(words, 0, w);
  f.pos = at_line(3);
  f.ret(px);
  m.funcs.push_back(f.f);
  JGlobal glue;
  glue.symbol = "glue.word";
  glue.bytes.assign(24, '\0');
  glue.bytes[0] = 8;
  m.globals.push_back(glue);
  Func g("janus_main_entry", JType::Ptr);
  g.f.c_abi = g.f.exported = true;
  g.f.can_fail = false;
  uint32_t a = g.rt(JRt::ArrayNew, {g.integer(3), g.op(JOp::GlobalAddr, JType::Ptr, 2)}, JType::Ptr);
  uint32_t d = g.op(JOp::Load, JType::Ptr, a, 16);
  for (uint32_t i = 0; i < 3; ++i) g.op(JOp::Store, JType::Void, d, i * 8, g.integer(10 + i));
  g.op(JOp::Store, JType::Void, a, 8, g.integer(3));
  g.call(0, {g.integer(-7), g.op(JOp::GlobalAddr, JType::Ptr, 0), a}, JType::I64, kNone);
  g.ret(g.op(JOp::ConstNull, JType::Ptr));
  m.main = 1;
  m.funcs.push_back(g.f);
  verify_jir(m);
  EmitResult made = emit(m, program, layouts, {});
  Folder folder;
  std::string exe = folder.path + "/prog", why;
  REQUIRE_MESSAGE(link_executable(made.parts, {}, exe, false, why), why);
  std::string command =
      "gdb -nx -batch -ex 'break show.jan:3' -ex run -ex bt -ex 'info args' -ex 'info locals' -ex 'p *words[1]' " +
      exe + " >" + folder.path + "/log 2>&1";
  (void)!std::system(command.c_str());
  std::string log = read_file(folder.path + "/log");
  CAPTURE(log);
  CHECK(log.find("#0  show.work (x=-7, s=") != std::string::npos);
  CHECK(log.find("show.jan:3") != std::string::npos);
  CHECK(log.find("numbers = {10, 11, 12}") != std::string::npos);
  CHECK(log.find("none = <not associated>") != std::string::npos);
  CHECK(log.find("0 = 2.5, 1 = true") != std::string::npos);
  CHECK(log.find("2 = \"hello\"}") != std::string::npos);
  CHECK(log.find("data = 0x") != std::string::npos);
  CHECK(log.find("s = \"hello\"") != std::string::npos);
}
