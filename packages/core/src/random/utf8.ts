const REPLACEMENT = 0xfffd

/** The code point at `index`; a surrogate without its partner reads as U+FFFD, as every UTF-8 encoder writes it. */
function scalarAt(text: string, index: number): number {
  const point = text.codePointAt(index) ?? REPLACEMENT
  return point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point
}

/** Writes one code point of two to four bytes at `at`; answers where the next one goes. */
function writePoint(bytes: Uint8Array, at: number, point: number): number {
  let next = at
  if (point < 0x800) bytes[next++] = 0xc0 | (point >> 6)
  else if (point < 0x10000) {
    bytes[next++] = 0xe0 | (point >> 12)
    bytes[next++] = 0x80 | ((point >> 6) & 63)
  } else {
    bytes[next++] = 0xf0 | (point >> 18)
    bytes[next++] = 0x80 | ((point >> 12) & 63)
    bytes[next++] = 0x80 | ((point >> 6) & 63)
  }
  bytes[next++] = 0x80 | (point & 63)
  return next
}

// Working memory, kept because most texts are short keys and allocating costs more than encoding one.
let scratch = new Uint8Array(1024)

/** Read-only bytes of one text, good until the next call of `utf8`. */
export interface Utf8 {
  readonly bytes: Uint8Array
  readonly length: number
}

/** The UTF-8 bytes of a text, lone surrogates as U+FFFD. A code unit never needs more than three bytes. */
export function utf8(text: string): Utf8 {
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 6)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) scratch[length++] = unit
    else {
      const point = scalarAt(text, i)
      length = writePoint(scratch, length, point)
      if (point > 0xffff) i++
    }
  }
  return { bytes: scratch, length }
}
