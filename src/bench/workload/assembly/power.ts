// Powers of numbers between 0 and 1, two at a time: base^exponent = 2^(exponent * log2(base)), both functions as
// series. About twelve decimal digits are right for exponents up to 1,000, which is what ranks below 10^8 need.
//
// 7 ns a rank where `Math.pow` takes 15. Most of that comes from `eightTerms`: the terms are paired up instead of
// summed from last to first, so that the processor works on several at once.

/** Bits of sqrt(1/2): a mantissa is taken from there up to sqrt(2), where the series of the logarithm is short. */
const MANTISSA_START: i64 = 0x3fe6_a09e_667f_3bcd
const MANTISSA_BITS = 52

/** 1.5 * 2^52, and its bits: a small number added to it stands in its lowest bits, rounded to a whole one. */
const WHOLE: f64 = 6_755_399_441_055_744
const WHOLE_BITS: i64 = 0x4338_0000_0000_0000

const LN_2: f64 = 0.693_147_180_559_945_3
const TWO_OVER_LN_2: f64 = 2 / LN_2

/** Each base to the exponent. Bases are above 0 and at most 1, results at least 2^-1000. */
@inline
export function powers(bases: v128, exponent: f64): v128 {
  return exp2(f64x2.mul(f64x2.splat(exponent), log2(bases)))
}

/** With x = 2^e * m: e + log2(m), and log2(m) = 2 / ln 2 * (s + s^3 / 3 + s^5 / 5 + ...) for s = (m - 1) / (m + 1). */
@inline
function log2(x: v128): v128 {
  const exponents = i64x2.shr_s(i64x2.sub(x, i64x2.splat(MANTISSA_START)), MANTISSA_BITS)
  const mantissas = i64x2.sub(x, i64x2.shl(exponents, MANTISSA_BITS))
  const one = f64x2.splat(1)
  const s = f64x2.div(f64x2.sub(mantissas, one), f64x2.add(mantissas, one))
  const series = eightTerms(f64x2.mul(s, s), 1, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15)
  const whole = f64x2.sub(i64x2.add(exponents, i64x2.splat(WHOLE_BITS)), f64x2.splat(WHOLE))
  return f64x2.add(whole, f64x2.mul(f64x2.mul(s, f64x2.splat(TWO_OVER_LN_2)), series))
}

/** With x = k + f, k whole and |f| at most 1/2: 2^k * e^(f * ln 2), the second factor as the series of e. */
@inline
function exp2(x: v128): v128 {
  const rounded = f64x2.add(x, f64x2.splat(WHOLE))
  const f = f64x2.sub(x, f64x2.sub(rounded, f64x2.splat(WHOLE)))
  const rest = f64x2.mul(f, f64x2.splat(LN_2))
  const first = eightTerms(rest, 1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5_040)
  const square = f64x2.mul(rest, rest)
  const fourth = f64x2.mul(square, square)
  const last = twoTerms(rest, 1.0 / 40_320, 1.0 / 362_880)
  const end = f64x2.add(last, f64x2.mul(square, f64x2.splat(1.0 / 3_628_800)))
  const series = f64x2.add(first, f64x2.mul(f64x2.mul(fourth, fourth), end))
  return i64x2.add(series, i64x2.shl(rounded, MANTISSA_BITS))
}

/** c0 + c1 * x + c2 * x^2 + ... + c7 * x^7. */
@inline
function eightTerms(x: v128, c0: f64, c1: f64, c2: f64, c3: f64, c4: f64, c5: f64, c6: f64, c7: f64): v128 {
  const square = f64x2.mul(x, x)
  const low = f64x2.add(twoTerms(x, c0, c1), f64x2.mul(square, twoTerms(x, c2, c3)))
  const high = f64x2.add(twoTerms(x, c4, c5), f64x2.mul(square, twoTerms(x, c6, c7)))
  return f64x2.add(low, f64x2.mul(f64x2.mul(square, square), high))
}

/** c0 + c1 * x. */
@inline
function twoTerms(x: v128, c0: f64, c1: f64): v128 {
  return f64x2.add(f64x2.mul(x, f64x2.splat(c1)), f64x2.splat(c0))
}
