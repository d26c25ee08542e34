import { describe, expect, it } from 'vitest'
import { plainText } from './plain-text.ts'

describe('plainText', () => {
  it.each([
    ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
    ['a<br>b', 'a\nb'],
    ['<ul><li>x</li><li>y</li></ul>', '- x\n\n- y'],
    ['<a href="https://acme.example/a?b=1&amp;c=2">See</a>', 'See (https://acme.example/a?b=1&c=2)'],
    ['<a href="https://acme.example">https://acme.example</a>', 'https://acme.example'],
    ['<a href="#top">Up</a>', 'Up'],
    ['<style>p{}</style><script>1</script><p>Tom &amp; &lt;Jerry&gt;</p>', 'Tom & <Jerry>'],
    ['<html><head><title>T</title></head><body><p>Hi</p></body></html>', 'Hi'],
    ['<table><tr><td>a</td><td>b</td></tr></table>', 'a b'],
    ['<img src="x.png" alt="A dove">', 'A dove'],
    ['', ''],
  ])('turns %s into words', (html, text) => {
    expect(plainText(html)).toBe(text)
  })
})
