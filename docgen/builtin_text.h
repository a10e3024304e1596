// builtin_text.h: what is said of the types that no file declares: their pages have no comment to take it from.
// Depends on the standard library only.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <iterator>
#include <string_view>

namespace janus::docgen {

struct BuiltinText {
  std::string_view name, written, summary, body;   // written: how the type stands in code
};
constexpr BuiltinText kBuiltinTexts[] = {
    {"Array", "[]T", "A list that grows: any number of values of one type, reached by position.",
     "`[]T` and `Array[T]` are the same type, and `[1, 2, 3]` is written out. Reading a position that is not there is a "
     "panic; `get` gives `null` instead. An array is a value: a copy shares the storage until one of the two is "
     "changed."},
    {"Channel", "Channel[T]", "A queue between tasks: one sends, another receives, in the order sent.",
     "`channel(capacity)` makes one. It is a handle: copies are the same channel."},
    {"Float", "T where T: Float", "What `f32` and `f64` have in common.",
     "A bound for generic functions that compute with numbers that have a point."},
    {"Integer", "T where T: Integer", "What all whole numbers have in common, from `i8` to `u64`.",
     "A bound for generic functions that compute with whole numbers. Arithmetic that overflows is a panic, in release "
     "builds too."},
    {"Number", "T where T: Number", "What all numbers have in common, whole or with a point.",
     "A bound for generic functions; it allows `+ - * /` and comparing."},
    {"Optional", "?T", "A value that may be missing: a `T` or `null`.",
     "`x ?? y`, `if let`, `match`, `x?` and `x!` take it apart. Nothing else does, so there is no null to forget."},
    {"String", "String", "UTF-8 text that cannot change.",
     "`len` counts bytes, in constant time; `chars()` walks the code points. `++` joins two texts, and `\"${x}\"` puts "
     "a value into one."},
    {"Task", "Task[T]", "A task that was started, and the value it will give.",
     "`spawn` gives one. It never outlives the nursery that started it."},
    {"bool", "bool", "`true` or `false`.",
     "`and`, `or` and `not` join them; the right side is looked at only if needed."},
    {"char", "char", "One Unicode code point.", "Written `'a'`. `i64(c)` is its number."},
    {"f32", "f32", "A number with a point, 32 bits wide (IEEE 754).", ""},
    {"f64", "f64", "A number with a point, 64 bits wide (IEEE 754): what a literal such as `1.5` is.", ""},
    {"i16", "i16", "A whole number of 16 bits with a sign: -32 768 to 32 767.", ""},
    {"i32", "i32", "A whole number of 32 bits with a sign: about ±2.1 thousand million.", ""},
    {"i64", "i64", "A whole number of 64 bits with a sign: what a literal such as `42` is.",
     "Arithmetic that overflows is a panic, in release builds too."},
    {"i8", "i8", "A whole number of 8 bits with a sign: -128 to 127.", ""},
    {"tuple", "(A, B)", "Several values side by side, each with a type of its own.",
     "Written `(1, \"one\")`; its parts are `t.0`, `t.1`."},
    {"u16", "u16", "A whole number of 16 bits: 0 to 65 535.", ""},
    {"u32", "u32", "A whole number of 32 bits: 0 to 4 294 967 295.", ""},
    {"u64", "u64", "A whole number of 64 bits without a sign.", ""},
    {"u8", "u8", "A byte: 0 to 255.", ""},
};

inline const BuiltinText* builtin_text(std::string_view name) {
  for (const BuiltinText& t : kBuiltinTexts)
    if (t.name == name) return &t;
  return nullptr;
}

}  // namespace janus::docgen
