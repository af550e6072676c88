/** Ids that a client mints itself (RFC 9562, version 7), so that a submission sent twice is one submission. Pure. */

/**
 * @param {number} unixMs
 * @param {Uint8Array} random 16 random bytes
 * @returns {string}
 */
export function uuid7(unixMs, random) {
  const bytes = Uint8Array.from(random);
  new DataView(bytes.buffer).setUint16(0, Math.floor(unixMs / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, unixMs % 2 ** 32);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
