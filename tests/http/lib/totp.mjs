/* An authenticator: RFC 6238, with nothing of ours in between. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

import { now } from "./token.mjs";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP = 30;            /* seconds */


/* base32 of RFC 4648 without padding, as bytes. */
export function base32(text) {
    const bits = [...text].map((letter) => ALPHABET.indexOf(letter)
        .toString(2).padStart(5, "0")).join("");

    return Buffer.from((bits.match(/.{8}/g) ?? [])
        .map((byte) => parseInt(byte, 2)));
}


/* The code of a secret, so many steps behind now. */
export function codeOf(secret, steps = 0) {
    const counter = Buffer.alloc(8);

    counter.writeBigUInt64BE(BigInt(Math.floor(now() / STEP) + steps));

    const mac = createHmac("sha1", base32(secret)).update(counter).digest();
    const word = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;

    return String(word % 1_000_000).padStart(6, "0");
}


/* Six digits that are no code of this secret, in the steps around now. */
export function wrongCode(secret) {
    const good = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps));

    return ["000000", "111111", "222222", "333333", "444444", "555555"]
        .find((code) => !good.includes(code));
}


/*
 * Sets up an authenticator for a Client whose password was just right, and
 * answers {secret, codes, answer}. The code of now was used for it: that of the
 * next step is good, and a step later still.
 */
export async function enrol(client) {
    const begun = await client.request("POST", "/api/me/totp");

    assert.equal(begun.status, 201, begun.text);
    const { secret } = begun.json;
    const answer = await client.request("POST", "/api/me/totp/confirm", {
        json: { code: codeOf(secret) } });

    assert.equal(answer.status, 200, answer.text);
    return { secret, codes: answer.json.recovery_codes, answer };
}
