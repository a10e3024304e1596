// stacks.cpp: see stacks.h.
// Depends on stacks.h, LLVM's object reader, runtime/abi_tasks.h.
// SPDX-License-Identifier: Apache-2.0
//
// The bound of a function is its frame, its return address, and the largest bound of what it calls; what it calls in
// its own place (musttail) has its frame no more. Nothing is kept below the stack pointer (NoRedZone). Frames are those
// that the code generator really made; calls are those of the optimised module, so inlining and everything else has
// happened. A context switch, and what the scheduler does on a task's stack, is part of the graph, because the runtime
// is part of the module. What the runtime does on the thread's own stack (janus_call_on) is not.
#include "backend/stacks.h"

#include <charconv>
#include <cstring>
#include <unordered_map>

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/LEB128.h"

#include "runtime/abi_tasks.h"

namespace janus {
using namespace llvm;
namespace {

constexpr uint32_t kUnknown = kNeedUnknown;
constexpr uint32_t kReturn = 8;
constexpr uint32_t kLeaf = 24;   // memcpy and the like (our own, in assembly), bare system calls
constexpr uint32_t kSmall = 72;   // the switch, which saves seven registers
constexpr uint32_t kInline = 16;   // assembly in a function: the switch puts two words on the stack that it leaves
constexpr uint32_t kSystem = 256;   // musl's wrappers that do more; the kernel's clock page
constexpr uint32_t kLast = 16;   // ends the process: may write over a neighbour, which will not run again

// Of functions outside the module; kUnknown: foreign.
uint32_t outside_need(StringRef name) {
  static const StringRef leaves[] = {"memcpy", "memmove",       "memset",           "memcmp",           "memchr",
                                     "strlen", "strncmp",       "strcmp",           "sched_yield",      "madvise",
                                     "munmap", "janus_call_on", "__errno_location", "___errno_location"};
  static const StringRef small[] = {"janus_switch", "janus_task_entry", "mmap"};
  static const StringRef system[] = {
      "mremap", "mprotect", "syscall", "write",    "read",  "poll", "isatty",    "clock_gettime", "sched_getaffinity",
      "getenv", "atoll",    "strtoll", "strtoull", "close", "open", "sigaction", "sigaltstack",   "pthread_sigmask"};
  for (StringRef s : leaves)
    if (name == s) return kLeaf;
  for (StringRef s : small)
    if (name == s) return kSmall;
  for (StringRef s : system)
    if (name == s) return kSystem;
  return kUnknown;
}

bool ends_process(const CallBase& call) {
  const Function* f = call.getCalledFunction();
  return call.doesNotReturn() || (f && f->doesNotReturn());
}

struct Frames {
  std::unordered_map<std::string, uint32_t> bytes;
};

class Bounds {
 public:
  Bounds(const CallGraph& graph, const Frames& frames)
      : graph_(graph),
        need_(graph.nodes.size(), kUnknown),
        state_(graph.nodes.size(), 0),
        frame_(graph.nodes.size(), kUnknown) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      if (auto it = frames.bytes.find(graph.nodes[i].name); it != frames.bytes.end()) frame_[i] = it->second;
      index_[graph.nodes[i].name] = static_cast<uint32_t>(i);
    }
  }
  uint32_t find(const std::string& name) const {
    auto it = index_.find(name);
    return it == index_.end() ? kUnknown : it->second;
  }

  // Depth first, with a stack of its own. A function that is met again while it is open is in a circle: unknown.
  void trust(uint32_t node) { trusted_ = node; }   // its call through a table is reckoned with elsewhere
  uint32_t of(uint32_t root) {
    struct Frame {
      uint32_t node;
      size_t next;
      uint32_t most, most_instead;
      bool unknown, in_place;   // the call at hand is in place of the function itself
    };
    std::vector<Frame> stack;
    auto open = [&](uint32_t n) {
      state_[n] = 1;
      stack.push_back({n, 0, graph_.nodes[n].outside, 0,
                       (graph_.nodes[n].unknown && n != trusted_) || frame_[n] == kUnknown, false});
    };
    if (state_[root] == 2) return need_[root];
    open(root);
    uint32_t result = kUnknown;
    while (!stack.empty()) {
      Frame& f = stack.back();
      const auto& calls = graph_.nodes[f.node].calls;
      const auto& instead = graph_.nodes[f.node].instead;
      if (f.next < calls.size() + instead.size()) {
        f.in_place = f.next >= calls.size();
        uint32_t to = f.in_place ? instead[f.next - calls.size()] : calls[f.next];
        f.next++;
        if (state_[to] == 2) take(f, need_[to]);
        else if (state_[to] == 1) f.unknown = true;
        else open(to);
        continue;
      }
      uint32_t n = f.node;
      result = f.unknown ? kUnknown : std::max(frame_[n] + kReturn + f.most, f.most_instead);
      need_[n] = result;
      state_[n] = 2;
      stack.pop_back();
      if (!stack.empty()) take(stack.back(), result);
    }
    return result;
  }

 private:
  template <class F>
  static void take(F& f, uint32_t need) {
    if (need == kUnknown) f.unknown = true;
    else if (f.in_place) f.most_instead = std::max(f.most_instead, need);
    else f.most = std::max(f.most, need);
  }
  const CallGraph& graph_;
  uint32_t trusted_ = kUnknown;
  std::vector<uint32_t> need_;
  std::vector<uint8_t> state_;
  std::vector<uint32_t> frame_;
  std::unordered_map<std::string, uint32_t> index_;
};

using Object = object::ELFObjectFile<object::ELF64LE>;

// .stack_sizes: pairs of a function's address (a relocation) and its frame's size (ULEB128).
bool read_frames(const Object& object, Frames& frames) {
  std::unordered_map<uint64_t, std::string> at;   // section << 40 | offset
  for (const object::ELFSymbolRef symbol : object.symbols()) {
    if (symbol.getELFType() != ELF::STT_FUNC) continue;
    Expected<StringRef> name = symbol.getName();
    Expected<object::section_iterator> section = symbol.getSection();
    Expected<uint64_t> value = symbol.getValue();
    if (!name || !section || !value || *section == object.section_end()) {
      consumeError(name.takeError());
      consumeError(section.takeError());
      consumeError(value.takeError());
      continue;
    }
    at[(*section)->getIndex() << 40 | *value] = name->str();
  }
  for (const object::SectionRef relocations : object.sections()) {
    Expected<object::section_iterator> target = relocations.getRelocatedSection();
    if (!target || *target == object.section_end()) {
      consumeError(target.takeError());
      continue;
    }
    Expected<StringRef> name = (*target)->getName();
    if (!name || *name != ".stack_sizes") {
      consumeError(name.takeError());
      continue;
    }
    Expected<StringRef> contents = (*target)->getContents();
    if (!contents) {
      consumeError(contents.takeError());
      return false;
    }
    for (const object::RelocationRef& r : relocations.relocations()) {
      object::symbol_iterator symbol = r.getSymbol();
      Expected<int64_t> addend = object::ELFRelocationRef(r).getAddend();
      if (symbol == object.symbol_end() || !addend) {
        consumeError(addend.takeError());
        continue;
      }
      Expected<object::section_iterator> section = symbol->getSection();
      Expected<uint64_t> value = symbol->getValue();
      if (!section || !value || *section == object.section_end()) {
        consumeError(section.takeError());
        consumeError(value.takeError());
        continue;
      }
      auto function = at.find((*section)->getIndex() << 40 | (*value + static_cast<uint64_t>(*addend)));
      uint64_t offset = r.getOffset() + 8;
      if (function == at.end() || offset >= contents->size()) continue;
      unsigned length = 0;
      const char* error = nullptr;
      uint64_t size = decodeULEB128(reinterpret_cast<const uint8_t*>(contents->data()) + offset, &length,
                                    reinterpret_cast<const uint8_t*>(contents->end()), &error);
      if (!error && size < (1u << 30)) frames.bytes[function->second] = static_cast<uint32_t>(size);
    }
  }
  return !frames.bytes.empty();
}

}   // namespace

CallGraph call_graph(const llvm::Module& module, const StackNeeds& runtime) {
  CallGraph graph;
  std::unordered_map<const Function*, uint32_t> numbers;
  for (const Function& f : module)
    if (!f.isDeclaration()) {
      numbers[&f] = static_cast<uint32_t>(graph.nodes.size());
      graph.nodes.push_back({f.getName().str()});
    }
  for (const Function& f : module) {
    if (f.isDeclaration()) continue;
    CallGraph::Node& node = graph.nodes[numbers[&f]];
    for (const Instruction& i : instructions(f)) {
      const auto* call = dyn_cast<CallBase>(&i);
      if (!call) continue;
      if (call->isInlineAsm()) {
        node.outside = std::max(node.outside, kInline);
        continue;
      }
      const auto* callee = dyn_cast<Function>(call->getCalledOperand()->stripPointerCasts());
      if (callee && callee->isIntrinsic()) {
        node.outside = std::max(node.outside, kLeaf);
        continue;
      }
      if (ends_process(*call)) {
        node.outside = std::max(node.outside, kLast);
        continue;
      }
      if (!callee) {
        node.unknown = true;
        continue;
      }
      if (callee->isDeclaration()) {
        auto known = runtime.of.find(callee->getName().str());
        uint32_t need = known != runtime.of.end() ? known->second : outside_need(callee->getName());
        if (need == kUnknown) node.unknown = true;
        else node.outside = std::max(node.outside, need);
        continue;
      }
      // Of the C convention, where both have the same parameters: others may need more room for theirs.
      bool instead = call->isMustTailCall() && call->getCallingConv() == CallingConv::C;
      (instead ? node.instead : node.calls).push_back(numbers[callee]);
    }
  }
  return graph;
}

// The object in `bytes`, with its frames; false: it cannot be read.
static bool open_object(const std::string& bytes, std::unique_ptr<object::ObjectFile>& holder, Frames& frames) {
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createELFObjectFile(MemoryBufferRef(bytes, "program.o"));
  if (!file) {
    consumeError(file.takeError());
    return false;
  }
  holder = std::move(*file);
  const auto* object = dyn_cast<Object>(holder.get());
  return object && read_frames(*object, frames);
}

static void say_needs(const CallGraph& graph, const Frames& frames, Bounds& bounds) {
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    const std::string* most = nullptr;
    uint32_t deepest = graph.nodes[i].outside;
    for (uint32_t to : graph.nodes[i].calls)
      if (uint32_t need = bounds.of(to); need != kUnknown && need > deepest) {
        deepest = need;
        most = &graph.nodes[to].name;
      }
    auto frame = frames.bytes.find(graph.nodes[i].name);
    std::fprintf(stderr, "  %8d frame %6d %s > %s\n", static_cast<int>(bounds.of(i)),
                 frame == frames.bytes.end() ? -1 : static_cast<int>(frame->second), graph.nodes[i].name.c_str(),
                 most ? most->c_str() : "");
  }
}

// Every task begins in janus_task_begin, which calls janus_run_task, which calls the entry through the description.
std::string stack_needs_text(const CallGraph& graph, const std::string& object) {
  std::unique_ptr<object::ObjectFile> holder;
  Frames frames;
  if (!open_object(object, holder, frames)) return {};
  Bounds bounds(graph, frames);
  uint32_t begin = bounds.find("janus_task_begin"), run = bounds.find("janus_run_task");
  if (begin == kUnknown || run == kUnknown) return {};
  bounds.trust(run);
  std::string text = std::to_string(bounds.of(begin)) + " around\n" +
                     std::to_string(frames.bytes["janus_task_begin"] + frames.bytes["janus_run_task"]) + " frames\n";
  for (uint32_t i = 0; i < graph.nodes.size(); ++i)
    text += std::to_string(bounds.of(i)) + " " + graph.nodes[i].name + "\n";
  if (std::getenv("JANUS_STACKS")) say_needs(graph, frames, bounds);   // for work on janus itself
  return text;
}

StackNeeds read_stack_needs(std::string_view text) {
  StackNeeds needs;
  for (size_t line = 0; !text.empty(); ++line) {
    size_t end = std::min(text.find('\n'), text.size()), gap = text.find(' ');
    if (gap >= end) break;
    uint32_t need = kUnknown;
    std::string_view number = text.substr(0, gap);
    std::from_chars(number.begin(), number.end(), need);
    std::string_view name = text.substr(gap + 1, end - gap - 1);
    if (line == 0) needs.around = need;
    else if (line == 1) needs.frames = need;
    else needs.of.emplace(name, need);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return needs;
}

void write_stack_needs(const CallGraph& graph, const StackNeeds& runtime, std::string& bytes) {
  std::unique_ptr<object::ObjectFile> holder;
  Frames frames;
  if (runtime.around == kUnknown || !open_object(bytes, holder, frames)) return;
  const auto* object = cast<Object>(holder.get());
  Bounds bounds(graph, frames);
  if (std::getenv("JANUS_STACKS")) say_needs(graph, frames, bounds);   // for work on janus itself
  const std::string prefix = "janus.task_desc.";
  for (const object::ELFSymbolRef symbol : object->symbols()) {
    Expected<StringRef> name = symbol.getName();
    if (!name) {
      consumeError(name.takeError());
      continue;
    }
    if (!name->starts_with(prefix)) continue;
    std::string key = name->substr(prefix.size()).str();
    auto need_of = [&](const std::string& function) {
      uint32_t n = bounds.find(function);
      return n == kUnknown ? kUnknown : bounds.of(n);
    };
    uint32_t entry = need_of("janus.task." + key);
    if (entry == kUnknown) continue;
    uint32_t args = need_of("janus.task_args." + key);   // dropped by a task that never ran
    if (args == kUnknown) args = 0, entry = bounds.find("janus.task_args." + key) == kUnknown ? entry : kUnknown;
    if (entry == kUnknown) continue;
    uint32_t need =
        std::max(runtime.around, runtime.frames + 2 * kReturn + std::max(entry, args));   // JANUS_STACK_PAINT checks it
    Expected<object::section_iterator> section = symbol.getSection();
    Expected<uint64_t> value = symbol.getValue();
    if (!section || !value || *section == object->section_end()) {
      consumeError(section.takeError());
      consumeError(value.takeError());
      continue;
    }
    uint64_t offset = object::ELFSectionRef(**section).getOffset() + *value + offsetof(rt::TaskDesc, stack);
    int64_t stored = need;
    if (offset + sizeof stored <= bytes.size()) std::memcpy(bytes.data() + offset, &stored, sizeof stored);
  }
}

}   // namespace janus
