#!/usr/bin/env python3
# gen_package.py: writes a realistic Janus package of any size, to measure `janus check` and `janus build`.
# Depends on Python's standard library. The same --seed and --lines give the same bytes.
# SPDX-License-Identifier: Apache-2.0
"""Write a Janus package of about N lines that type-checks and runs.

The package is an imaginary back office: areas (folders) of modules, each module an entity with its states, errors,
methods, searches, parsing, statistics and tests, importing modules written before it. `main` reaches every function
that is not a test, so that a build compiles everything. Nothing in it repeats literally: names, numbers, fields and
the order of the parts vary with the seed.
"""
import argparse
import pathlib
import random
import shutil

AREAS = "sales stock payroll support billing shipping catalog audit people survey fleet energy".split()
NOUNS = ("order customer invoice parcel ticket contract product vendor payment route meter claim lesson booking "
         "deposit machine printer garden recipe voyage letter battery sensor worker vehicle account device report "
         "licence warranty session campaign budget shelf pallet courier quote refund auction tender").split()
FIELDS = "weight height score rank limit total balance volume rate level stock weeks distance points".split()
WORDS = ("early late small large plain final open local remote daily common rare bright quiet steady rapid "
         "modern simple mixed narrow round secret solid useful warm young").split()
VERBS = "inspect adjust combine estimate balance review compare measure collect refine".split()


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


class Module:
    """One entity: what other modules may call, and its text."""

    def __init__(self, rng, index):
        self.rng = rng
        self.index = index
        self.area = AREAS[index % len(AREAS)]
        self.noun = rng.choice(NOUNS)
        self.name = f"{self.noun}_{index}"
        self.type = f"{camel(self.noun)}{index}"
        self.state = f"{self.type}State"
        self.error = f"{self.type}Error"
        self.numbers = rng.sample(FIELDS, 4)  # i64 fields
        self.amount = rng.choice(["price", "cost", "share", "ratio"])  # an f64 field
        self.lines = []

    # --- writing -------------------------------------------------------------------------------------------------
    def put(self, text=""):
        self.lines += text.strip("\n").split("\n") if text else [""]

    def number(self, low=2, high=400):
        return self.rng.randint(low, high)

    def word(self):
        return self.rng.choice(WORDS)

    def head(self, imports):
        self.put(f"//! {self.name}.jan: {self.word()} {self.noun} records of the {self.area} area.")
        self.put("import common.traits.{Describe, Scored}")
        for other in imports:
            self.put(f"import {other.area}.{other.name}")
        self.put()
        self.put(f"const LIMIT = {self.number(50, 900)}")
        self.put(f"const FACTOR = {self.number(2, 40)} * 3 + {self.number(1, 9)}")
        self.put(f'const GREETING = "{self.word()} {self.noun}"')
        self.put()

    def types(self):
        a, b, c, d = self.numbers
        self.put(f"""
/// What can happen to a {self.noun}: it begins as a draft, is active for a while, and ends in one of two ways.
pub enum {self.state} {{
    Draft,
    Active(i64),
    Rejected {{ reason: String, code: i64 }},
    Done,
}}

/// Why a {self.noun} cannot be had.
pub error {self.error} {{ NotFound, Invalid(String), TooMany(i64) }}

/// One {self.word()} {self.noun}, as the {self.area} area keeps it.
pub struct {self.type} {{
    id: i64,
    title: String,
    {a}: i64,
    {b}: i64 = {self.number()},
    {c}: i64 = {self.number()},
    {d}: ?i64 = null,
    {self.amount}: f64 = {self.number(1, 99)}.{self.number(1, 9)},
    tags: []String,
    state: {self.state},
}}
""")
        self.put()

    def methods(self):
        a, b, c, d = self.numbers
        self.put(f"""
impl {self.type} do
    /// Makes a draft.
    /// @param id is unique in its area
    /// @param title is trimmed
    pub func new(id: i64, title: String) -> {self.type} do
        {self.type} {{ id: id, title: title.trim(), {a}: id * {self.number(2, 9)} + 1, tags: [], state: {self.state}.Draft }}
    end

    /// The value of all its {a}, in whole units.
    pub func worth(self) -> i64 do
        let base = self.{a} * FACTOR + self.{b}
        if base > LIMIT do
            return base - LIMIT
        else if base == LIMIT do
            return {self.number()}
        else do
            return base + self.{c} % {self.number(3, 30)}
        end
    end

    /// What is left after `{d}`, if that is known.
    pub func remaining(self) -> i64 do
        let known = self.{d} ?? {self.number()}
        if known > self.{b} do 0 else self.{b} - known end
    end

    pub func price_of(self, pieces: i64 = {self.number(2, 9)}) -> f64 do
        self.{self.amount} * f64(pieces) + {self.number(1, 9)}.5
    end

    pub func activate(mut self, at: i64) do
        self.state = {self.state}.Active(at)
        self.{c} += at % {self.number(3, 12)}
    end

    pub func add_tag(mut self, tag: String) -> bool do
        if self.tags.contains(tag) do return false end
        self.tags.push(tag)
        true
    end

    /// One line for people.
    pub func summary(self) -> String do
        match self.state {{
            {self.state}.Draft => "draft ${{self.title}}",
            {self.state}.Active(since) when since > {self.number(100, 300)} => "${{self.title}} since ${{since}}, long ago",
            {self.state}.Active(since) => "${{self.title}} since ${{since}}",
            {self.state}.Rejected {{ reason, code }} => "${{self.title}}: ${{reason}} (${{code}})",
            {self.state}.Done => self.title ++ " is done",
        }}
    end
end

impl Describe for {self.type} do
    func describe(self) -> String do
        GREETING ++ " " ++ self.summary()
    end
end

impl Scored for {self.type} do
    func score_of(self) -> i64 do
        self.worth() + self.title.len()
    end
end
""")
        self.put()

    # --- parts that come in any order ------------------------------------------------------------------------------
    def part_search(self):
        v = self.rng.choice(VERBS)
        self.put(f"""
/// The first {self.noun} with this number, or null.
pub func find_{self.noun}(items: []{self.type}, id: i64) -> ?{self.type} do
    for item in items do
        if item.id == id do return item end
    end
    null
end

/// As `find_{self.noun}`, for callers that cannot go on without it.
/// @error {self.error}.NotFound when there is none
pub func get_{self.noun}(items: []{self.type}, id: i64) -> {self.error}!{self.type} do
    if items.len() > LIMIT * {self.number(100, 200)} do
        fail {self.error}.TooMany(items.len())
    end
    if let found = find_{self.noun}(items, id) do
        return found
    end
    fail {self.error}.NotFound
end

func {v}_worth(items: []{self.type}, id: i64) -> i64 do
    let item = get_{self.noun}(items, id) catch |err| do
        match err {{
            {self.error}.NotFound => return -1,
            {self.error}.Invalid(text) => return text.len(),
            {self.error}.TooMany(n) => return n,
        }}
    end
    item.worth() + {self.number()}
end
""")
        return f"{v}_worth(items, {self.number(1, 12)})"

    def part_parse(self):
        a = self.numbers[0]
        self.put(f"""
/// Reads `id,title,{a}`.
pub func parse_{self.noun}(line: String) -> {self.error}!{self.type} do
    let fields = line.split(",")
    if fields.len() < 3 do
        fail {self.error}.Invalid("${{fields.len()}} fields, ${{3}} are needed")
    end
    let id = i64.parse(fields[0].trim()) catch do fail {self.error}.Invalid(fields[0]) end
    let {a} = i64.parse(fields[2].trim()) catch {self.number()}
    var item = {self.type}.new(id, fields[1])
    item.{a} = {a}
    item
end

func parse_all(text: String) -> {self.error}![]{self.type} do
    var items: []{self.type} = []
    for line in text.lines() do
        // Blank lines and comments are for people.
        if line.is_empty() or line.starts_with("#") do continue end
        items.push(parse_{self.noun}(line)?)
    end
    items
end

func parsed_total() -> i64 do
    let text = "# {self.word()}\\n{self.number()},{self.word()},{self.number()}\\n\\n{self.number()}, {self.word()} ,{self.number()}"
    let items = parse_all(text) catch []
    items.fold(0) {{ |sum, item| sum + item.{a} }}
end
""")
        return "parsed_total()"

    def part_statistics(self):
        a, b, c, d = self.numbers
        self.put(f"""
/// Smallest and largest {b}; (0, 0) for none.
pub func {b}_bounds(items: []{self.type}) -> (i64, i64) do
    if items.is_empty() do return (0, 0) end
    var low = items[0].{b}
    var high = low
    for i, item in items do
        if i == 0 do continue end
        low = min(low, item.{b})
        high = max(high, item.{b})
    end
    (low, high)
end

func mean_{c}(items: []{self.type}) -> f64 do
    if items.len() == 0 do return 0.0 end
    var sum = 0.0
    for item in items do
        sum += f64(item.{c})
    end
    sum / f64(items.len())
end

func {b}_report(items: []{self.type}) -> String do
    let (low, high) = {b}_bounds(items)
    let best = items.filter {{ |item| item.{b} >= low }}.map {{ |item| item.title }}
    "{b} ${{low}}..${{high}}, mean ${{mean_{c}(items):.2}}, ${{best.join("/")}}"
end
""")
        return f"{b}_report(items).len()"

    def part_counts(self):
        self.put(f"""
/// How often each tag is used.
pub func tag_counts(items: []{self.type}) -> Map[String, i64] do
    var counts: Map[String, i64] = [:]
    for item in items do
        for tag in item.tags do
            counts[tag] = counts.get_or(tag, 0) + {self.number(1, 3)}
        end
    end
    counts
end

func most_used(items: []{self.type}) -> ?String do
    var best: ?String = null
    var most = 0
    for tag, n in tag_counts(items) do
        if n > most do
            most = n
            best = tag
        end
    end
    best
end
""")
        return f'(most_used(items) ?? "{self.word()}").len()'

    def part_generic(self):
        v = self.rng.choice(VERBS)
        self.put(f"""
/// Those that pass, at most `most` of them, in their order.
func {v}_some[T](values: []T, most: i64, keep: func(T) -> bool) -> []T do
    var kept: []T = []
    for value in values do
        if kept.len() == most do break end
        if keep(value) do kept.push(value) end
    end
    kept
end

func pair_up[A, B](left: A, right: B) -> (A, B) do
    (left, right)
end

func {v}_kept(items: []{self.type}) -> i64 do
    let limit = {self.number()}
    let kept = {v}_some(items, {self.number(2, 5)}) {{ |item| item.worth() > limit }}
    let names = {v}_some(items.map {{ |item| item.title }}, 3) {{ |title| title.len() > {self.number(2, 6)} }}
    let (count, text) = pair_up(kept.len(), names.join(", "))
    count * {self.number(2, 9)} + text.len()
end
""")
        return f"{v}_kept(items)"

    def part_numbers(self):
        v = self.rng.choice(VERBS)
        k = self.number(3, 17)
        self.put(f"""
// A {self.word()} checksum; the numbers only have to stay small.
func {v}_number(start: i64, rounds: i64) -> i64 do
    var n = start
    var step = 0
    while step < rounds do
        if n % 2 == 0 do
            n = n / 2 + {k}
        else do
            n = (n * {k} + {self.number()}) % {self.number(1000, 9000)}
        end
        step += 1
    end
    for i in 0..{self.number(3, 9)} do
        n += match n % 4 {{
            0 => i,
            1 | 2 => i * {self.number(2, 9)},
            _ => {self.number()} - i,
        }}
    end
    n
end

func {v}_bits(value: i64) -> i64 do
    let low = value & 0xFF
    let mixed = (low << 3) ^ (value >> 2)
    (mixed | {self.number()}) & 0xFFFF
end
""")
        return f"{v}_number({self.number()}, {self.number(5, 20)}) + {v}_bits({self.number(1000, 90000)})"

    def part_closures(self):
        v = self.rng.choice(VERBS)
        self.put(f"""
func {v}_twice(f: func(i64) -> i64, x: i64) -> i64 do
    f(f(x))
end

func {v}_ranked(items: []{self.type}) -> i64 do
    let weight = {self.number(2, 9)}
    let ranked = items.sorted_by {{ |item| item.worth() * weight }}
    var seen = 0
    let add = {{ |n: i64| n * weight + {self.number()} }}
    for i, item in ranked do
        seen += add(i) + item.remaining()
    end
    let total = (0..{self.number(4, 12)}).map {{ |i| i * i }}.filter {{ |n| n % 3 != 1 }}.fold(0) {{ |a, b| a + b }}
    {v}_twice({{ |x| x + total }}, seen)
end
""")
        return f"{v}_ranked(items)"

    def part_text(self):
        v = self.rng.choice(VERBS)
        self.put(f"""
/// A short form of a title: `{self.word()} {self.noun}` becomes two letters and a length.
func {v}_short(title: String) -> String do
    var initials = ""
    for word in title.words() do
        for i, letter in word.chars() do
            if i > 0 do break end
            initials = initials ++ "${{letter}}"
        end
    end
    "${{initials.to_upper()}}${{title.len():03}}"
end

func {v}_titles(items: []{self.type}) -> String do
    var lines: []String = []
    for item in items do
        defer lines.push("-")
        if item.title.contains("{self.word()}") do
            lines.push({v}_short(item.title))
        else do
            lines.push("${{item.id:>6}}|${{item.title:<12}}")
        end
    end
    lines.join("\\n").replace("-", "{self.word()}")
end
""".replace(":>6", ":6"))
        return f"{v}_titles(items).len()"

    def exercise(self, imports, calls):
        """The door that main comes in by: makes a few items and calls every part and the imported modules."""
        self.put(f"""
func sample_items() -> []{self.type} do
    var items: []{self.type} = []
    for i in 1..{self.number(4, 7)} do
        var item = {self.type}.new(i, "{self.word()} {self.word()} ${{i}}")
        if i % 2 == 0 do item.activate(i * {self.number(10, 99)}) end
        if item.add_tag("{self.word()}") do item.{self.numbers[1]} += i end
        items.push(item)
    end
    items.push({self.type} {{
        ..{self.type}.new({self.number()}, "{self.word()}"),
        state: {self.state}.Rejected {{ reason: "{self.word()}", code: {self.number()} }},
        {self.numbers[3]}: {self.number()},
    }})
    items
end

/// Uses everything above once.
pub func exercise(depth: i64) -> i64 do
    let items = sample_items()
    var sum = 0
    for item in items do
        sum += item.score_of() + item.describe().len()
        sum += i64(item.price_of()) + i64(item.price_of(pieces: 3))
    end""")
        for call in calls:
            self.put(f"    sum += {call}")
        if imports:
            self.put("    if depth > 0 do")
            for other in imports:
                self.put(f"        sum += {other.name}.{other.door()}")
            self.put("    end")
        self.put("    sum % 1_000_003")
        self.put("end")
        self.put()

    def door(self):
        return self.rng.choice([f"exercise(0) % {self.number()}",
                                f'{self.type}.new({self.number()}, "{self.word()}").worth()',
                                f'{self.type}.new({self.number()}, " {self.word()} ").summary().len()'])

    def tests(self):
        self.put(f"""
test "a new {self.noun} is a draft" do
    let item = {self.type}.new({self.number()}, " {self.word()} ")
    assert(item.state == {self.state}.Draft)
    assert(item.title.len() > 0)
    assert_eq(item.tags.len(), 0)
end

test "tags of a {self.noun} are kept once" do
    var item = {self.type}.new(1, GREETING)
    assert(item.add_tag("{self.word()}"))
    let before = item
    assert(not item.add_tag(item.tags[0]))
    assert(item == before)
end
""")

    def write(self, earlier):
        imports = []
        for other in self.rng.sample(earlier, min(len(earlier), self.rng.randint(1, 3))) if earlier else []:
            imports.append(other)
        self.head(imports)
        self.types()
        self.methods()
        parts = [self.part_search, self.part_parse, self.part_statistics, self.part_counts, self.part_generic,
                 self.part_numbers, self.part_closures, self.part_text]
        self.rng.shuffle(parts)
        # A verb names helpers of one part only, so no two parts of a module may draw the same one.
        verbs = iter(self.rng.sample(VERBS, len(VERBS)))
        calls = []
        for part in parts:
            global_choice, self.rng.choice = self.rng.choice, lambda seq: next(verbs) if seq is VERBS else global_choice(seq)
            calls.append(part())
            self.rng.choice = global_choice
            self.put()
        self.exercise(imports, calls)
        self.tests()
        return "\n".join(self.lines) + "\n"


TRAITS = """//! traits.jan: what every record of the back office can do.

/// Something that people can read.
pub trait Describe do
    func describe(self) -> String
    func headline(self) -> String do "* " ++ self.describe() end
end

/// Something that can be ranked.
pub trait Scored do
    func score_of(self) -> i64
end
"""


def area_index(area, modules):
    lines = [f"//! index.jan: everything of the {area} area.", *(f"import {area}.{m.name}" for m in modules), "",
             f"/// Runs each module of the area once.", "pub func total() -> i64 do", "    var sum = 0"]
    lines += [f"    sum += {m.name}.exercise(1)" for m in modules]
    lines += ["    sum", "end", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write; what it held is replaced")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    source = options.out / "src"
    (source / "common").mkdir(parents=True)
    (options.out / "janus.toml").write_text('[package]\nname = "back_office"\nversion = "0.1.0"\nprofile = "core"\n')
    (source / "common/traits.jan").write_text(TRAITS)

    written, modules = TRAITS.count("\n"), []
    while written < options.lines:
        module = Module(random.Random(options.seed * 1_000_003 + len(modules)), len(modules))
        text = module.write(modules[-40:])
        path = source / module.area / f"{module.name}.jan"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        modules.append(module)
        written += text.count("\n") + 2  # its two lines in the index of the area

    main_lines = ["//! main.jan: adds up what all areas say.", ""]
    areas = sorted({m.area for m in modules})
    for area in areas:
        (source / area / f"{area}_index.jan").write_text(area_index(area, [m for m in modules if m.area == area]))
        main_lines.append(f"import {area}.{area}_index")
    main_lines += ["", "func main() do", "    var sum = 0"]
    main_lines += [f"    sum += {area}_index.total()" for area in areas]
    main_lines += ["    println(sum)", "end", ""]
    (source / "main.jan").write_text("\n".join(main_lines))
    print(f"{sum(len(p.read_text().splitlines()) for p in source.rglob('*.jan'))} lines in {len(modules)} modules")


if __name__ == "__main__":
    main()
