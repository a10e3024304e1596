// foreign.cpp: the tables of foreign.h, in the order in which beginners meet the names.
// Depends on foreign.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/foreign.h"

namespace janus {

static constexpr ForeignHint kValues[] = {
    {"True", "true", ""}, {"TRUE", "true", ""}, {"yes", "true", ""}, {"False", "false", ""}, {"FALSE", "false", ""},
    {"None", "null", ""}, {"nil", "null", ""}, {"Nil", "null", ""}, {"NULL", "null", ""}, {"nullptr", "null", ""}, {"undefined", "null", ""}, {"Nothing", "null", ""}, {"Null", "null", ""},
    {"this", "self", ""}, {"Self", "self", ""}, {"me", "self", ""},
    {"range", "", "numbers are counted with `0..n`, which leaves out n: `for i in 0..n do`"},
    {"enumerate", "", "`for i, x in xs do` gives the place and the element"},
    {"printf", "println", "values stand between commas, or in the text: `println(\"n is ${n}\")`"}, {"puts", "println", ""}, {"echo", "println", ""}, {"say", "println", ""},
    {"printLine", "println", ""}, {"print_line", "println", ""}, {"writeln", "println", ""}, {"cout", "println", ""}, {"fprintf", "eprintln", ""}, {"alert", "println", ""},
    {"console", "", "a line is printed with `println(…)`"}, {"System", "", "a line is printed with `println(…)`"}, {"fmt", "", "a line is printed with `println(…)`; values stand in a text as `${value}`"},
    {"std", "", "a part of the standard library is imported at the top of the file, as in `import std.math`, and used as `math.name`"},
    {"input", "", "a line is read with `import std.io` and `io.read_line()`, which gives `null` at the end"}, {"scanf", "", "a line is read with `import std.io` and `io.read_line()`"},
    {"readline", "", "a line is read with `import std.io` and `io.read_line()`"}, {"readLine", "", "a line is read with `import std.io` and `io.read_line()`"}, {"gets", "", "a line is read with `import std.io` and `io.read_line()`"},
    {"str", "String", "a value becomes a text with `String(x)`"}, {"toString", "String", ""}, {"to_string", "String", ""},
    {"int", "i64", "`i64(x)` converts a number; a text is read with `i64.parse(text)`"}, {"float", "f64", "`f64(x)` converts a number; a text is read with `f64.parse(text)`"},
    {"parseInt", "i64.parse", ""}, {"parseFloat", "f64.parse", ""}, {"atoi", "i64.parse", ""},
    {"length", "len", ""}, {"sizeof", "len", ""}, {"size", "len", ""}, {"count", "len", ""},
    {"Some", "", "a value needs no wrapping: where a `?T` is wanted, a `T` fits"}, {"Just", "", "a value needs no wrapping: where a `?T` is wanted, a `T` fits"},
    {"Ok", "", "a result is returned as it is; a failure leaves with `fail`"}, {"Err", "fail", "a failure leaves with `fail MyError.Case`"},
    {"panic", "unreachable", "a mistake of the program itself ends it with `unreachable()`; other failures use `fail`"}, {"raise", "fail", ""}, {"throw", "fail", ""}, {"exit", "", "`return` from `main` ends the program; a failure ends it with exit code 1"},
    {"Math", "", "import it: `import std.math`, then `math.sqrt(x)`"}, {"math", "", "import it: `import std.math`"}, {"random", "", "import it: `import std.rand`"}, {"rand", "", "import it: `import std.rand`"},
    {"vec", "", "an array is written `[1, 2, 3]`"}, {"list", "", "an array is written `[1, 2, 3]`"}, {"dict", "", "a map is written `[\"key\": 1]`, an empty one `[:]`"}, {"set", "", "a set is made with `Set.from([1, 2])`"},
    {"sorted", "", "call it on the array: `xs.sorted()`"}, {"sum", "", "call it on the array: `xs.sum()`"}, {"reversed", "", "call it on the array: `xs.reversed()`"}, {"map", "", "call it on the array: `xs.map { |x| … }`"},
    {"filter", "", "call it on the array: `xs.filter { |x| … }`"}, {"zip", "", "call it on the array: `xs.zip(ys)`"}, {"any", "", "call it on the array: `xs.any { |x| … }`"}, {"all", "", "call it on the array: `xs.all { |x| … }`"},
    {"append", "", "call it on the array, which must be a `var`: `xs.push(x)`"}, {"format", "", "values stand in a text: `\"${name} is ${age}\"`"}, {"f", "", ""}, {"elif", "else if", ""}, {"go", "spawn", ""},
};

static constexpr ForeignHint kMembers[] = {
    {"length", "len", ""}, {"size", "len", ""}, {"count", "len", ""}, {"Length", "len", ""}, {"Count", "len", ""}, {"lenght", "len", ""}, {"strlen", "len", ""}, {"charCount", "len", ""},
    {"append", "push", ""}, {"add", "push", ""}, {"push_back", "push", ""}, {"pushBack", "push", ""}, {"Add", "push", ""}, {"insertAt", "insert", ""},
    {"remove", "remove_at", ""}, {"delete", "remove_at", ""}, {"removeAt", "remove_at", ""}, {"pop_back", "pop", ""}, {"popLast", "pop", ""},
    {"forEach", "", "a `for` loop does that: `for x in xs do … end`"}, {"each", "", "a `for` loop does that: `for x in xs do … end`"}, {"for_each", "", "a `for` loop does that: `for x in xs do … end`"},
    {"reduce", "fold", "`xs.fold(0) { |acc, x| acc + x }` begins with a value"}, {"inject", "fold", ""}, {"select", "filter", ""}, {"collect", "map", ""}, {"where", "filter", ""},
    {"indexOf", "index_of", ""}, {"includes", "contains", ""}, {"has", "contains", ""}, {"contains_key", "contains", ""}, {"containsKey", "contains", ""}, {"has_key", "contains", ""}, {"include", "contains", ""},
    {"toString", "", "a value becomes a text with `String(x)`, or in a text with `${x}`"}, {"to_string", "", "a value becomes a text with `String(x)`, or in a text with `${x}`"}, {"to_s", "", "a value becomes a text with `String(x)`, or in a text with `${x}`"}, {"str", "", "a value becomes a text with `String(x)`"},
    {"toUpperCase", "to_upper", ""}, {"upper", "to_upper", ""}, {"uppercase", "to_upper", ""}, {"toLowerCase", "to_lower", ""}, {"lower", "to_lower", ""}, {"lowercase", "to_lower", ""},
    {"strip", "trim", ""}, {"lstrip", "trim_start", ""}, {"rstrip", "trim_end", ""}, {"startsWith", "starts_with", ""}, {"startswith", "starts_with", ""}, {"endsWith", "ends_with", ""}, {"endswith", "ends_with", ""},
    {"substring", "", "a part of a text is `s[from..to]`, counted in bytes"}, {"substr", "", "a part of a text is `s[from..to]`, counted in bytes"}, {"slice", "", "a part is `xs[from..to]`"}, {"charAt", "", "characters are walked with `for c in s.chars() do … end`"},
    {"splitlines", "lines", ""}, {"format", "", "values stand in a text: `\"${name} is ${age}\"`"}, {"concat", "", "texts and arrays are joined with `++`"}, {"equals", "", "values are compared with `==`"}, {"eq", "", "values are compared with `==`"},
    {"isEmpty", "is_empty", ""}, {"empty", "is_empty", ""}, {"unwrap", "", "`x!` gives the value and panics on null; `x ?? y` gives a value to use instead"}, {"unwrap_or", "", "`x ?? y` gives `y` when `x` is null"}, {"get_or_default", "get_or", ""}, {"getOrDefault", "get_or", ""},
    {"is_some", "", "compare it: `x != null`"}, {"is_none", "", "compare it: `x == null`"}, {"clone", "", "a value is copied by using it: no call is needed"}, {"copy", "", "a value is copied by using it: no call is needed"}, {"to_owned", "", "a value is copied by using it: no call is needed"},
    {"iter", "", "a `for` loop walks over the value itself: `for x in xs do … end`"}, {"items", "entries", ""}, {"keySet", "keys", ""}, {"sortBy", "sort_by", ""}, {"sort_by_key", "sort_by", ""}, {"flatMap", "flat_map", ""},
    {"toInt", "", "a text is read with `i64.parse(text)`"}, {"to_i", "", "a text is read with `i64.parse(text)`"}, {"parse", "", "a text is read with `i64.parse(text)`"}, {"head", "first", ""}, {"tail", "", "all but the first are `xs.skip(1)`"}, {"distinct", "unique", ""}, {"uniq", "unique", ""},
};

template <size_t N>
static const ForeignHint* find(const ForeignHint (&table)[N], std::string_view name) {
  for (const ForeignHint& hint : table)
    if (hint.name == name && (!hint.write.empty() || !hint.help.empty())) return &hint;
  return nullptr;
}
const ForeignHint* foreign_value(std::string_view name) { return find(kValues, name); }
const ForeignHint* foreign_member(std::string_view name) { return find(kMembers, name); }

}  // namespace janus
