"""Where a text of C++ has code, whatever its comments and quotes look like."""

from __future__ import annotations

import pytest
from parlab import cells, cpp_text


@pytest.mark.parametrize("text", [
    "int main() { }", "int main(int argc, char** argv) noexcept\n{ }", "auto main() -> int { }",
    "int\nmain\n(\n)\n{ }", "int main /* here */ (void) // and\n{ }", 'extern "C" int main() { }',
    'extern "C" {\nint main() { }\n}', "[[gnu::cold]] int main() try { } catch (...) { }",
    "#ifdef X\nint f();\n#else\nint main() { }\n#endif", "#if 0\n#else\nint main() { }\n#endif",
    "auto n = 1'000'000; int main() { }", "char q = '\"'; int main() { }", "char b = '{'; int main() { }",
    'auto s = "}{ // /*"; int main() { }', 'auto s = R"(")"; int main() { }', "auto x = 0x1e+3; int main() { }",
    "struct T { int main(int x) { return x; } };\nint main() { }",
])
def test_a_main_is_found(text: str) -> None:
    assert cpp_text.has_main(text)


@pytest.mark.parametrize("text", [
    "", 'puts("ok");', "// int main() { }", "// goes on \\\nint main() { }", "/* int main() { } */", "/*\nint main() { }\n*/",
    'puts("int main() { }");', 'puts("a\\"b int main() { }");', 'auto s = R"x(int main() { })" )x";', "auto c = 'main() {';",
    "auto domain_main = [] { return 1; };", "int main_loop() { }", "remain(3); { }",
    "struct T { int main(int x) { return x; } } t;", "t.main(3); { }", "t->main(3) ; { }", "T::main(3); { }",
    "auto f = [] { main(); };", "if (x) { main(3); }", "int main();", "while (main(x)) { }",
    "namespace a { int main() { return 0; } }", "#define main() {\n", "#define F int \\\n main() {\n",
    "#if 0\nint main() { }\n#endif", "#if 1\n#else\nint main() { }\n#endif",
    "#if (0) // off\n#if X\nint main() { }\n#else\nint main() { }\n#endif\nint main() { }\n#endif",
])
def test_what_only_looks_like_a_main_is_none(text: str) -> None:
    assert not cpp_text.has_main(text)


def names(text: str) -> list[str]:
    return [function.name for function in cpp_text.functions(text)]


def test_functions_are_those_with_a_body_that_are_code() -> None:
    assert names('// extern "C" int old(int x) { }\nextern "C" int twice(int x) { return 2 * x; }') == ["twice"]
    assert names('/* extern "C" int a(int x) { } */ const char* s = "extern \\"C\\" int b() {";') == []
    assert names('#if 0\nextern "C" int a() { }\n#elif 1\nextern "C" int b() { }\n#else\nextern "C" int c() { }\n#endif') == ["b"]
    assert names('extern "C" int f(int);\nextern "C" int f(int x) { return x; }\nextern "C" int n = 3;') == ["f"]
    assert names('extern "C" { int a(); int b() { return (1); }\nstatic int c() { }\nstruct T { int d() { } };\n'
                 'int n = 3, m[] = {1, 2}; void e() noexcept { } } int g() { }') == ["b", "e"]
    assert names('extern "C" [[gnu::target("avx2")]] void a() { } extern "C" __attribute__((cold)) int b() { }') == ["a", "b"]


def test_comments_between_parameters_are_none_of_them() -> None:
    (function,) = cpp_text.functions('extern "C" double first(const double* x, // (the numbers), as\n'
                                     "   size_t n /* how many */) { return n ? x[0] : 0; }")
    assert [" ".join(word.split()) for word in function.parameters.split(",")] == ["const double* x", "size_t n"]
    (function,) = cpp_text.functions('extern "C" auto f(int x) -> double { return x; }')
    assert function.back.strip() == "double"


def test_lines_stay_where_they_are() -> None:
    text = 'int a; /* 1\n2 */ int c;\n#include "x\'y" // 3\nauto s = R"(\n#define no\n)";\n#define A "q" \\\n  2\nint b;\n'
    assert cpp_text.code(text).count("\n") == text.count("\n") and len(cpp_text.code(text)) == len(text)
    assert [line.text.split() for line in cpp_text.directives(text)] == [
        ["#include", '"x\'y"'], ["#define", "A", '"q"', "\\", "2"]]
    assert cpp_text.clean("\ufeff#pragma once\r\nint a;\r\n#pragma omp once_more\n").split() == [
        "int", "a;", "#pragma", "omp", "once_more"]


def test_includes_go_to_the_top_with_what_decides_on_them() -> None:
    program = cells.program_of("/*\n#include <no_such_file>\n*/\n#define N 3\n#if N > 2\n#include <set>\n#endif\n"
                               '#ifdef NEVER\n#include <other>\n#endif\nputs("ok");')
    top, body = program.split("int main() {")
    assert "no_such_file" not in top and "#include" not in body.replace("#include <no_such_file>", "")
    assert top.index("#define N 3") < top.index("#if N > 2") < top.index("#include <set>") < top.index("#endif")
    assert top.index("#ifdef NEVER") < top.index("#include <other>")
    assert top.count('macro("N")') == 2 and "#define N 3" in body
    assert '#line 7 "cell"\n#include <set>' in top
