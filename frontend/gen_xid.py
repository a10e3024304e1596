# gen_xid.py: writes xid.inc, the non-ASCII characters that names may hold, from Python's own Unicode tables.
# Run it as `python3 frontend/gen_xid.py > frontend/xid.inc`.
# SPDX-License-Identifier: Apache-2.0
import unicodedata


def ranges(holds):
    found, start = [], None
    for c in range(0x80, 0x110001):
        inside = c < 0x110000 and not 0xD800 <= c < 0xE000 and holds(chr(c))
        if inside and start is None:
            start = c
        elif not inside and start is not None:
            found.append((start, c - 1))
            start = None
    return found


def table(name, why, rows):
    print(f"// {why}: {len(rows)} ranges, both ends included.")
    print(f"static const XidRange {name}[] = {{")
    cells = [f"{{0x{a:X},0x{b:X}}}" for a, b in rows]
    for i in range(0, len(cells), 8):
        print("  " + ",".join(cells[i:i + 8]) + ",")
    print("};")


print("// xid.inc: made by gen_xid.py from Unicode " + unicodedata.unidata_version + "; do not edit.")
print("// Depends on unicode.cpp, which includes it. SPDX-License-Identifier: Apache-2.0")
table("kXidStart", "characters that may begin a name", ranges(str.isidentifier))
table("kXidOnlyContinue", "characters that may follow, but not begin", ranges(lambda c: ("a" + c).isidentifier() and not c.isidentifier()))
