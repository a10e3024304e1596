-- schema.sql: the ASTDB: what the compiler knows of a package, between runs: `.janus/astdb.sqlite`.
-- Depends on SQLite 3.38 or later (json_each). Readable by any SQLite tool, also while janus writes. `janus query --schema` prints it.
-- SPDX-License-Identifier: Apache-2.0
--
-- The sources are the truth; everything here but name_history can be thrown away. Another version of this file means another
-- number in `meta.schema_version`, and a rebuild. Ids of declarations stay the same from run to run as long as the declaration is
-- there, also under a new name. A CID is stored as its 32 bytes; janus shows it as `blake3:` and 64 hexadecimal digits.

CREATE TABLE meta(
  key   TEXT PRIMARY KEY,          -- schema_version, janus_version, run_key (options of the last check), boot_id, root, …
  value
) WITHOUT ROWID;

-- What the last check asked the disk, and what the answer was. The rows below are good as long as the answers are the same.
CREATE TABLE input(
  ordinal INTEGER PRIMARY KEY,
  kind    TEXT NOT NULL,           -- R read, E exists, L list of a folder, G list of its guides
  path    TEXT NOT NULL,
  answer  TEXT NOT NULL,           -- hash of the content or the list; - when there is none; 0 or 1
  stamp   TEXT NOT NULL            -- R: size, times and number of the file then: as long as they are the same it is not read; may be ''
);

CREATE TABLE file(
  id      INTEGER PRIMARY KEY,
  path    TEXT NOT NULL UNIQUE,    -- relative to the package
  module  TEXT NOT NULL,           -- geometry.shapes
  prefix  TEXT NOT NULL,           -- what paths of its declarations begin with: 'geometry.shapes.', '' in the main file
  hash    BLOB NOT NULL,           -- BLAKE3 of the bytes
  profile TEXT NOT NULL,
  lines   INTEGER NOT NULL,
  is_std  INTEGER NOT NULL,        -- 1: of the standard library
  decls   BLOB NOT NULL,           -- for janus: ordinals of the declarations, in the order of the source (32-bit numbers)
  digests BLOB NOT NULL            -- for janus: hashes of what the other tables hold of this file
);

-- Every declaration: also methods, fields, variants and impls. `id` is file << 20 | ordinal, so a file's rows lie side by side.
-- Ask the view `decl`, which has the whole path, geometry.Circle.area, in place of `inner`.
CREATE TABLE item(
  id        INTEGER PRIMARY KEY,
  cid       BLOB NOT NULL,         -- same CID, same meaning; own name, comments, layout and local names are not in it
  sig_cid   BLOB NOT NULL,         -- of the signature alone; empty for fields, variants and modules
  parent    INTEGER,               -- the struct, enum, error, trait or impl around it
  kind      TEXT NOT NULL,         -- func method struct field enum variant error trait impl const type capability test module
  name      TEXT NOT NULL,         -- of an impl: the type
  inner     TEXT,                  -- Circle.area; null: the name alone
  is_pub    INTEGER NOT NULL,
  signature TEXT NOT NULL,         -- as a user would write it
  type_json TEXT,                  -- func: {"params":[["i64","x"],["T","y","mut","default"]],"result":"f64","fails":"UserError","generics":"T, U"}; const: {"type":"i64"}
  shape     INTEGER,               -- func: hash of its type with parameters of types numbered, for sig('…')
  effects   INTEGER NOT NULL,      -- bits: 1 suspends 2 spawns 4 raises a budget 8 blocks 16 panics 32 allocates 64 calls C; higher: capabilities
  traits    INTEGER NOT NULL,      -- bits: 1 can fail 2 recursive 4 generic 8 named elsewhere 16 deprecated 32 main 64 extern 128 fulfils a trait
  span_lo   INTEGER NOT NULL,      -- bytes in the file
  span_hi   INTEGER NOT NULL,
  line      INTEGER NOT NULL,      -- of the name, from 1
  col       INTEGER NOT NULL,
  lines     INTEGER NOT NULL       -- how many it covers
);

CREATE VIEW decl(id, cid, sig_cid, file, parent, kind, name, path, is_pub, signature, type_json, shape, effects, traits, span_lo, span_hi, line, col, lines) AS
  SELECT item.id, cid, sig_cid, item.id >> 20, parent, kind, name, CASE kind WHEN 'module' THEN file.module ELSE file.prefix || coalesce(inner, name) END,
         is_pub, signature, type_json, shape, effects, traits, span_lo, span_hi, line, col, item.lines
  FROM item LEFT JOIN file ON file.id = item.id >> 20;

-- Who names whom, and what each function does, packed: one row a declaration. The views `ref` and `effect` unpack them.
CREATE TABLE fact(
  decl    INTEGER PRIMARY KEY,
  effects TEXT NOT NULL,           -- [[kind, name or null, via_decl - decl], …], without nulls at the end; the first seven kinds are numbered as in `effect`
  refs    TEXT NOT NULL            -- [[to_decl - decl, kind, lines below the declaration, column], …]; kinds are numbered as in `ref`
);
CREATE VIEW ref(from_decl, to_decl, kind, line, col) AS
  SELECT fact.decl, fact.decl + (value ->> 0), '["","call","value","const","type","field","variant","error","signature"]' ->> (value ->> 1),
         item.line + (value ->> 2), value ->> 3
  FROM fact JOIN item ON item.id = fact.decl, json_each(fact.refs);
-- requires: `name` is a capability; fails_with: an error. Without via_decl the declaration does it by itself, else through calling that.
CREATE VIEW effect(decl, kind, name, via_decl) AS
  SELECT fact.decl,
         CASE WHEN typeof(value ->> 0) = 'integer'
              THEN '["may_suspend","spawns","raises_budget","may_block","may_panic","allocates","calls_ffi"]' ->> (value ->> 0)
              ELSE value ->> 0 END,
         value ->> 1, fact.decl + (value ->> 2)
  FROM fact, json_each(fact.effects);

CREATE TABLE doc(
  decl      INTEGER PRIMARY KEY,   -- a module's own doc hangs at its declaration of kind module
  cid       BLOB NOT NULL,         -- of the declaration when the doc was written
  name      TEXT NOT NULL,         -- of the declaration, for doc_fts
  summary   TEXT NOT NULL,
  body_md   TEXT NOT NULL,
  body_html TEXT NOT NULL,         -- '' until rendered
  line      INTEGER NOT NULL       -- where the comment begins
);
CREATE TABLE doc_tag(
  decl        INTEGER NOT NULL,
  ordinal     INTEGER NOT NULL,
  tag         TEXT NOT NULL,       -- param returns error capability since deprecated see safety complexity example
  name        TEXT NOT NULL,       -- of the parameter, the error, the version …
  text        TEXT NOT NULL,
  line        INTEGER NOT NULL,
  target_decl INTEGER,             -- what a @see or a link leads to
  target_cid  BLOB,
  PRIMARY KEY (decl, ordinal)
) WITHOUT ROWID;
-- The Markdown pages of a package: docs/*.md, and its README.md where that is the first page.
CREATE TABLE guide(
  id      INTEGER PRIMARY KEY,
  path    TEXT NOT NULL UNIQUE,    -- relative to the package
  title   TEXT NOT NULL,           -- Markdown
  summary TEXT NOT NULL,
  body_md TEXT NOT NULL
);
CREATE TABLE doctest(
  id          INTEGER PRIMARY KEY, -- decl * 256 + ordinal; of a guide: decl * 65536 - ordinal
  decl        INTEGER NOT NULL,    -- negative: of the guide of that number
  ordinal     INTEGER NOT NULL,    -- among the janus blocks of one comment or guide
  code        TEXT NOT NULL,
  cid         BLOB NOT NULL,       -- BLAKE3 of the code, and of the CID of what it is an example of
  mode        TEXT NOT NULL,       -- run, no_run, fails, compile_fails, ignore; bad: the words behind ```janus are wrong
  line        INTEGER NOT NULL,
  last_result TEXT                 -- ok, failed, …; null: never run
);
CREATE TABLE test(
  id          INTEGER PRIMARY KEY, -- the same number as decl
  decl        INTEGER NOT NULL,
  name        TEXT NOT NULL,
  cid         BLOB NOT NULL,       -- of the declaration when last_result was written
  last_result TEXT,                -- ok, failed, timeout, crashed; null: never run
  last_ms     INTEGER
);
CREATE TABLE diagnostic(
  id       INTEGER PRIMARY KEY,
  file     INTEGER,                -- null: of no file
  code     TEXT NOT NULL,
  severity TEXT NOT NULL,          -- error, warning
  line     INTEGER NOT NULL,
  col      INTEGER NOT NULL,
  message  TEXT NOT NULL,
  json     TEXT NOT NULL           -- as `janus check --json` writes it
);
CREATE TABLE report(               -- for janus: the last check's diagnostics as they were shown
  form TEXT PRIMARY KEY,           -- plain, color, json
  text TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE known_body(           -- for janus: what it found out about bodies, so that they are not checked again
  shelf  INTEGER PRIMARY KEY,      -- a few files share one
  record BLOB NOT NULL
);

-- Renames seen: the one table that cannot be made again. Paths are whole: geometry.Circle.area.
CREATE TABLE name_history(
  decl_cid BLOB NOT NULL,
  old_name TEXT NOT NULL,
  new_name TEXT NOT NULL,
  at       INTEGER NOT NULL,       -- seconds since 1970
  PRIMARY KEY (old_name, new_name)
) WITHOUT ROWID;

-- Full text over doc, by its rows' numbers. Filled when first asked after a change (meta.fts_stale): see AstDb::need_fts.
CREATE VIRTUAL TABLE doc_fts USING fts5(name, summary, body_md, content='doc', content_rowid='decl', tokenize='unicode61');

-- ast(decl, file, node, parent, kind, text, span_lo, span_hi, line, col): syntax trees, a node a row. It takes no room in the file: in
-- `janus query --sql` the sources are parsed when it is asked for, and only there it exists. `node` is the node's place in a walk of its
-- file from the root, `parent` the place of the one around it, `decl` the innermost declaration around it, `kind` a name of
-- `janus check --dump-tree`, `text` the word, sign or literal at `line` and `col`.

-- CIDs as people write them.
CREATE VIEW decl_text AS
  SELECT decl.*, 'blake3:' || lower(hex(decl.cid)) AS cid_text, 'blake3:' || lower(hex(decl.sig_cid)) AS sig_cid_text,
         file.path AS file_path, file.module AS module
  FROM decl JOIN file ON file.id = decl.file;
