const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings must not hold raw control characters
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y

type Expected = 'value' | 'value-or-]' | 'key' | 'key-or-}' | ':' | ',-or-end'

/** Where malformed JSON stops making sense: the offset of the first token that may not stand there. */
export function jsonErrorPosition(text: string): number {
  const scan = scanner(text)
  for (;;) {
    const position = scan()
    if (position !== undefined) return position
  }
}

/** A function which takes one token and answers the offset at fault once there is one. */
function scanner(text: string): () => number | undefined {
  const open: string[] = []
  let expected: Expected = 'value'
  let offset = 0
  return () => {
    TOKEN.lastIndex = offset
    const match = TOKEN.exec(text)
    const start = offset + leadingSpace(text, offset)
    const next = match === null ? undefined : follow(expected, kindOf(match), open)
    if (next === undefined) return start
    expected = next
    offset = TOKEN.lastIndex
    return undefined
  }
}

function leadingSpace(text: string, from: number): number {
  let length = 0
  while (' \t\n\r'.includes(text[from + length] ?? 'x')) length++
  return length
}

function kindOf(match: RegExpExecArray): string {
  return match[1] ?? (match[2] === undefined ? 'scalar' : 'string')
}

/** What may follow a token, or undefined when the token may not stand here. Keeps `open` brackets. */
function follow(expected: Expected, token: string, open: string[]): Expected | undefined {
  switch (expected) {
    case 'value':
    case 'value-or-]':
      return followValue(expected, token, open)
    case 'key':
      return token === 'string' ? ':' : undefined
    case 'key-or-}':
      if (token === '}') return close('{', open)
      return token === 'string' ? ':' : undefined
    case ':':
      return token === ':' ? 'value' : undefined
    case ',-or-end':
      return followMember(token, open)
  }
}

function followValue(expected: Expected, token: string, open: string[]): Expected | undefined {
  if (token === 'string' || token === 'scalar') return ',-or-end'
  if (token === '{' || token === '[') {
    open.push(token)
    return token === '{' ? 'key-or-}' : 'value-or-]'
  }
  return token === ']' && expected === 'value-or-]' ? close('[', open) : undefined
}

function followMember(token: string, open: string[]): Expected | undefined {
  if (token === ',') {
    const bracket = open.at(-1)
    if (bracket === undefined) return undefined
    return bracket === '{' ? 'key' : 'value'
  }
  if (token === '}') return close('{', open)
  return token === ']' ? close('[', open) : undefined
}

function close(bracket: string, open: string[]): Expected | undefined {
  return open.pop() === bracket ? ',-or-end' : undefined
}
