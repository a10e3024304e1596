// parse_doctest.cpp: an example of the documentation as a test: its declarations, its statements, and what they must
// print. Depends on parse_internal.h. SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

Tree Parser::run_doctest(NameId name) {
  doctest_ = true;
  top_column_ = column(0);
  tree_.root = file();
  std::vector<uint32_t> declarations, statements;
  NodeId main = NodeId::None;
  const Node file_node = node(tree_.root);
  for (NodeId item : tree_.list(file_node.a)) {
    if (is_none(item)) continue;
    NodeKind kind = node(item).kind;
    (kind <= NodeKind::TestDecl ? declarations : statements).push_back(+item);
    if (kind == NodeKind::FuncDecl && names_.text(NameId(node(item).a)) == "main") main = item;
  }
  if (statements.empty() && is_some(main)) statements.push_back(+call_of_main(main));   // a whole program is run as one
  for (uint32_t s : statements) keep(NodeId(s));
  uint32_t first = statements.empty() ? 0 : tree_.first_token(NodeId(statements[0]));
  NodeId block = add(NodeKind::Block, first, flush(0), kNone, kTrailingSemi);
  NodeId test = add(NodeKind::TestDecl, first, +name, +block, kShort);
  for (uint32_t d : declarations) keep(NodeId(d));
  keep(test);
  tree_.root = add(NodeKind::File, 0, flush(0), file_node.b);
  return std::move(tree_);
}

NodeId Parser::call_of_main(NodeId func) {
  uint32_t name = node(func).token;
  NodeId result = tree_.record_node(node(func).b, 2);
  NodeId made = add(NodeKind::Call, name, +add(NodeKind::Ident, name, node(func).a), kNone);
  for (uint32_t n : {node(made).a, +made}) tree_.lasts[n] = name;
  if (is_some(result) && node(result).kind == NodeKind::TypeFallible) {
    made = add(NodeKind::Question, name, +made);
    tree_.lasts[+made] = name;
  }
  return made;
}

// The statement just read, with the `// =>` behind it.
NodeId Parser::expectation(NodeId done) {
  const std::vector<Tokens::Expect>& expects = tree_.tokens.expects;
  while (next_expect_ < expects.size() && expects[next_expect_].after + 1 < pos_)
    ++next_expect_;   // behind something else: a comment like any other
  if (next_expect_ == expects.size() || expects[next_expect_].after + 1 != pos_ || is_none(done)) return done;
  const Tokens::Expect& expect = expects[next_expect_++];
  auto checked = [&](NodeId value) {
    NodeId made = add(NodeKind::Expect, node(value).token, +value, +expect.text);
    tree_.lasts[+made] = tree_.lasts[+value];
    return made;
  };
  const Node n = node(done);
  switch (n.kind) {
    case NodeKind::Error: return done;
    // `let x = f() // => 3` and `x += 1 // => 4`: the variable's value
    case NodeKind::Let:
    case NodeKind::Assign: {
      const Node target = node(NodeId(n.a));
      bool names_one = target.kind == (n.kind == NodeKind::Let ? NodeKind::PatBind : NodeKind::Ident);
      if (!names_one) break;
      keep(done);
      NodeId value = add(NodeKind::Ident, target.token, target.a);
      tree_.lasts[+value] = target.token;
      return checked(value);
    }
    case NodeKind::Return:
    case NodeKind::Break:
    case NodeKind::Continue:
    case NodeKind::Fail:
    case NodeKind::Defer: break;
    default: return checked(done);
  }
  report<Diag::UnexpectedToken>(expect.span, "`// =>` behind a value, or behind a call that prints",
                                "it behind another statement");
  return done;
}

}   // namespace janus
