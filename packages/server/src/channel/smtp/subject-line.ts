/** A header line has at most 998 characters (RFC 5322 §2.1.1), and is folded only where it has a blank. */
const LONGEST_WORD = 500
/** An encoded word has at most 75 characters (RFC 2047 §2): with `=?UTF-8?B?` and `?=`, 63 of base64 are 45 bytes. */
const BYTES_PER_WORD = 45

/**
 * A subject as one header line: line ends and control characters, which a trait inside it may hold, become blanks. One
 * that cannot be folded, because a word in it is too long, is written in encoded words, which can.
 */
export function subjectLine(text: string): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim()
  const isFoldable = line.split(' ').every((word) => word.length <= LONGEST_WORD)
  return isFoldable || !isAscii(line) ? line : encodedWords(line)
}

/** What is not ASCII the library writes in encoded words by itself. */
function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

function encodedWords(line: string): string {
  const words: string[] = []
  for (let from = 0; from < line.length; from += BYTES_PER_WORD) {
    words.push(`=?UTF-8?B?${Buffer.from(line.slice(from, from + BYTES_PER_WORD)).toString('base64')}?=`)
  }
  return words.join(' ')
}
