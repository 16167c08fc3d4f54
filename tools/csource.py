"""Reading C for the checks: tokens with their lines, the functions of a file, and its string literals."""
import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<directive>^[ \t]*\#(?:/\*.*?\*/|//[^\n]*|\\\n|"(?:\\.|[^"\\\n])*"|[^\n])*)
      | (?P<space>[ \t\f\v\\]+)
      | (?P<newline>\n)
      | (?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
      | (?P<char>[uUL]?'(?:\\.|[^'\\\n])+')
      | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<punct>->|\+\+|--|<<=|>>=|<<|>>|[<>=!]=|&&|\|\||\.\.\.|.)""",
    re.X | re.S | re.M)
INCLUDE = re.compile(r'[ \t]*#[ \t]*include[ \t]*([<"][^>"]+[>"])')
SQL = re.compile(r"\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP)\s+[\w(*]")
CONTROL = {"if", "for", "while", "switch"}


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    line: int
    directive: bool = False  # inside a preprocessor line


@dataclasses.dataclass
class Function:
    name: str
    first: int  # lines, inclusive
    last: int
    parameters: int
    body: list  # tokens, with the outer braces

    @property
    def lines(self):
        return self.last - self.first + 1


def tokenize(text, line=1, directive=False):
    """All tokens, comments included; those of preprocessor lines are marked."""
    tokens = []
    for match in TOKEN.finditer(text):
        kind, part = match.lastgroup, match.group()
        if kind == "directive":
            tokens += tokenize(part.replace("#", " ", 1), line, True)
        elif kind not in ("space", "newline"):
            tokens.append(Token(kind, part, line, directive))
        line += part.count("\n")
    return tokens


def includes(text):
    """(line, '"x/y.h"' or '<y.h>') of each include."""
    found = []
    for number, row in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(row)
        if match:
            found.append((number, match.group(1)))
    return found


def literals(tokens):
    """(line, text) of each string literal, adjacent ones joined as the compiler does."""
    found, previous = [], None
    for token in tokens:
        if token.kind == "comment":
            continue
        if token.kind == "string":
            text = token.text[token.text.index('"') + 1:-1]
            if previous is not None and previous.kind == "string" and previous.directive == token.directive:
                found[-1] = (found[-1][0], found[-1][1] + text)
            else:
                found.append((token.line, text))
        previous = token
    return found


def is_sql(text):
    return SQL.match(text) is not None


def matching(tokens, start):
    """The index of the bracket that closes the one at `start`; the end if there is none."""
    opening = tokens[start].text
    closing = {"(": ")", "{": "}", "[": "]"}[opening]
    depth = 0
    for i in range(start, len(tokens)):
        if tokens[i].kind == "punct":
            depth += (tokens[i].text == opening) - (tokens[i].text == closing)
        if depth == 0:
            return i
    return len(tokens) - 1


def split_arguments(tokens):
    """The tokens between two parentheses, split at the commas of the outer level."""
    parts, depth = [[]], 0
    for token in tokens:
        if token.kind == "punct":
            depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def calls(tokens):
    """(token of the name, tokens of the arguments) of everything that looks like a call."""
    tokens = [token for token in tokens if token.kind != "comment"]
    for i, token in enumerate(tokens[:-1]):
        if token.kind == "word" and tokens[i + 1].text == "(":
            yield token, tokens[i + 2:matching(tokens, i + 1)]


# Where a function works and how it fails: the same in every function, so they tell a reader nothing of this one.
CONTEXT = {("struct", "db", "*"), ("struct", "arena", "*"), ("struct", "error", "*"), ("const", "struct", "services", "*")}


def _count_parameters(tokens):
    if [token.text for token in tokens] == ["void"]:
        return 0
    parts = [tuple(token.text for token in part) for part in split_arguments(tokens)]
    return sum(part[:-1] not in CONTEXT for part in parts)


def _definition(head):
    """The name and the parameters if the tokens before a brace are those of a function, else None."""
    if not head or head[-1].text != ")":
        return None
    found, i = None, 0
    while i < len(head) - 1 and head[i].text != "=":
        if head[i].kind == "word" and head[i + 1].text == "(":
            end = matching(head, i + 1)
            if head[i].text != "__attribute__":
                found = head[i].text, _count_parameters(head[i + 2:end])
            i = end
        i += 1
    return found if i >= len(head) - 1 else None


def functions(tokens):
    """The function definitions of a file."""
    tokens = [token for token in tokens if token.kind != "comment" and not token.directive]
    found, start, i = [], 0, 0
    while i < len(tokens):
        if tokens[i].text == "{":
            end = matching(tokens, i)
            definition = _definition(tokens[start:i])
            if definition:
                found.append(Function(definition[0], tokens[start].line, tokens[end].line, definition[1],
                                      tokens[i:end + 1]))
                start = end + 1
            i = end
        elif tokens[i].text == ";":
            start = i + 1
        i += 1
    return found


class Nesting:
    """Measures how deep the control structures of a function body go, with or without braces."""

    def __init__(self, body):
        self.tokens = body
        self.deepest = 0
        self._statement(0, 0)

    def _text(self, i):
        return self.tokens[i].text if i < len(self.tokens) else ""

    def _statement(self, i, depth):
        """Reads the statement at i; returns the index after it."""
        self.deepest = max(self.deepest, depth)
        word = self._text(i)
        if word == "{":
            return self._block(i, depth)
        if word == "if":
            return self._if(i, depth)
        if word == "do":
            return self._simple(self._statement(i + 1, depth + 1))
        if word in CONTROL or self._is_loop_macro(i):
            return self._statement(self._condition_end(i) + 1, depth + 1)
        return self._simple(i)

    def _block(self, i, depth):
        end = matching(self.tokens, i)
        i += 1
        while i < end:
            i = self._statement(i, depth)
        return end + 1

    def _condition_end(self, i):
        """The parentheses may be those of a macro: `for EACH_LAYOUT(l)`."""
        while i < len(self.tokens) - 1 and self.tokens[i].text != "(":
            i += 1
        return matching(self.tokens, i) if self._text(i) == "(" else i

    def _if(self, i, depth):
        i = self._statement(self._condition_end(i) + 1, depth + 1)
        if self._text(i) != "else":
            return i
        return self._statement(i + 1, depth if self._text(i + 1) == "if" else depth + 1)

    def _is_loop_macro(self, i):
        if self.tokens[i].kind != "word" or self._text(i + 1) != "(":
            return False
        follower = self._text(matching(self.tokens, i + 1) + 1)
        return follower == "{" or re.search("for_?each", self._text(i), re.I) is not None and follower != ";"

    def _simple(self, i):
        """An expression or a declaration with its semicolon, or a label with its colon (not that of `a ? b : c`)."""
        conditional = False
        while i < len(self.tokens) and self.tokens[i].text not in (";", "}"):
            if self.tokens[i].text == ":" and not conditional:
                return i + 1
            conditional = conditional or self.tokens[i].text == "?"
            i = matching(self.tokens, i) + 1 if self.tokens[i].text in ("(", "{", "[") else i + 1
        return i + 1 if self._text(i) == ";" else i
