// model.h: what documentation is made of: plain rows, filled by gather.cpp, read by printers that know nothing of each
// other. Depends on the standard library only. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace janus::docgen {

using ItemId = uint32_t;   // index in Model::items
using GuideId = uint32_t;  // index in Model::guides
using PictureId = uint32_t;  // index in Model::pictures
constexpr uint32_t kNone = 0xffffffffu;

enum class ItemKind : uint8_t {
  Module,
  Builtin,
  Struct,
  Enum,
  Error,
  Trait,
  Capability,
  TypeAlias,
  Const,
  Func,
  Method,
  Field,
  Variant,
  Impl   // of Model::impls alone
};
const char* kind_word(ItemKind kind);  // "struct"

// Where a name in a text leads: bytes [lo, hi) of it.
struct NameLink {
  uint32_t lo, hi;
  ItemId item;
};

// Code as it is shown: a signature. Links are ordered and do not overlap.
struct CodeText {
  std::string text;
  std::vector<NameLink> links;
};

struct Tag {
  std::string kind;   // "param"
  std::string name;   // of the parameter, error, capability, the title of an example
  std::string text;   // Markdown
  ItemId item = kNone;
  uint32_t line = 0;
};
// What a link in a doc's Markdown means: `[name]`, [`name`], [text](name), [text](other.md).
struct DocLink {
  std::string target;
  ItemId item = kNone;
  GuideId guide = kNone;
  bool is_param = false;
  PictureId picture = kNone;
};
struct Doc {
  std::string summary, body;   // Markdown
  std::vector<Tag> tags;
  std::vector<DocLink> links;  // sorted by target
  uint32_t line = 0, file = kNone;
  bool inherited = false;      // of the trait's method
};

// A doctest of an item, in the order of the Markdown's code blocks, and how it went when it was last run.
struct ExampleState {
  uint32_t ordinal;
  std::string result;
};

// What the values of a type are as JSON.
enum class JsonForm : uint8_t {
  None,      // no JSON value fits
  Nothing,   // null: there is no value
  Plain,     // a number, true or false: it is printed as its JSON
  Text,      // a text, a character, the name of a variant
  Whole      // a list or an object
};
struct JsonShape {
  JsonForm form = JsonForm::None;
  bool optional = false;   // null fits too
  std::string schema;   // JSON Schema, canonical; of a parameter without null, which is left out instead
};
struct Param {
  std::string name, type, default_text;
  JsonShape json;
  bool is_mut = false;
};
struct Failure {
  std::string name;
  ItemId item = kNone;
};            // `UserError.NotFound`
struct Need {
  std::string capability;
  ItemId item = kNone;
  std::string via;
};  // via: the call through which it comes
struct Implementor {
  CodeText type;
  ItemId item = kNone;
  uint32_t file = kNone, line = 0;
  uint32_t impl = kNone;   // index in Model::impls: what is said of it, if anything is
};

// What a function does, as the compiler found it.
enum EffectBit : uint16_t {
  kSuspends = 1,
  kSpawns = 2,
  kRaisesBudget = 4,
  kBlocks = 8,
  kForeign = 16,
  kPanics = 32,
  kAllocates = 64,
  kRecursive = 128,
  kAsync = 256
};

struct Item {
  ItemKind kind = ItemKind::Func;
  bool is_pub = true;
  bool is_async = false;
  ItemId parent = kNone;           // the module of a type, the type of a method
  ItemId module = kNone;
  std::string name;                // "push"
  std::string path;                // "std.list.Array.push": unique
  std::string anchor;              // on its page
  CodeText signature;
  Doc doc;
  bool has_doc = false;
  std::vector<ItemId>
      children;    // in source order; of a module: types and functions; of a type: fields, variants, methods
  std::vector<ItemId> exports;     // of a module: what its `pub import` hands on, in the order of the source
  ItemId home = kNone;   // the module that hands it on, under the shortest path: where others take it from
  std::vector<Param> params;
  std::string result;   // type text, "" when there is none
  JsonShape result_json;
  bool fallible = false;
  std::vector<Failure> failures;
  std::vector<Need> needs;
  uint16_t effects = 0;   // EffectBit
  std::string profile;   // of the module
  std::string of_trait;   // methods of an impl: "Printable"; the impl's head when it has conditions
  ItemId trait_item = kNone;
  std::string impl_head;   // "impl[T] Array[T] where T: Ordered"
  std::vector<Implementor> implements;   // of a type: the traits
  std::vector<Implementor> implementors;   // of a trait: the types
  std::vector<Implementor> own_impls;   // of a type: the blocks of its own methods; `type` is the head of the block
  std::vector<ExampleState> examples;
  std::string cid;   // "blake3:…", "" when there is none
  bool shares_cid = false;   // something else means the same: no anchor of it
  std::vector<std::string> old_names;
  uint32_t file = kNone, line = 0, col = 0, line_end = 0;
  // From the tags, for badges: "" when there is none.
  std::string since, deprecated;
  bool is_deprecated = false;
};

// A token of a source file, for colours; names also have a link: to an item, or to a line of the same file.
struct SourceLink {
  uint32_t lo, hi;
  ItemId item = kNone;
  uint32_t line = 0;
};
struct File {
  std::string path;   // as shown
  std::string_view text;   // lives as long as the compilation
  ItemId module = kNone;
  std::vector<SourceLink> links;   // ordered
};

struct Guide {
  std::string path;   // "docs/getting-started.md"
  std::string name;   // "getting-started"
  std::string title, summary, group;
  std::string markdown;   // without the title
  std::vector<DocLink> links;
  std::vector<ExampleState> examples;
  bool is_home = false;
};

// What pages show beside text, once however many pages do.
struct Picture {
  std::string path, bytes;
};

struct Model {
  std::string name, version, janus_version, summary;
  std::vector<Item> items;   // modules first visited, parents before children
  std::vector<ItemId> modules;   // in the order of their paths
  std::vector<Item> impls;   // the `impl` blocks with a doc comment: what it says, and where they are
  std::vector<File> files;
  std::vector<Guide> guides;     // in the order shown
  std::vector<Picture> pictures;
};

}   // namespace janus::docgen
