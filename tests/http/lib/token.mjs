/* Tokens made by hand: RFC 7515, section 3.1, with nothing in between. */

import { createHmac, createPrivateKey, sign } from "node:crypto";

const encode = (value) => Buffer.from(
    typeof value === "string" ? value : JSON.stringify(value),
).toString("base64url");

export const now = () => Math.floor(Date.now() / 1000);


/* The signing input, and what `signer` makes of it. */
export function token(header, claims, signer) {
    const input = `${encode(header)}.${encode(claims)}`;

    return `${input}.${signer(input).toString("base64url")}`;
}


export const hmac = (secret) => (input) =>
    createHmac("sha256", secret).update(input).digest();


/* Makes tokens with the keys of a stack. */
export function minter(keys) {
    const secret = keys.find((key) => key.kty === "oct");
    const ec = keys.find((key) => key.kty === "EC");

    return {
        secret, ec,

        /* `header` replaces members; undefined takes one away */
        grant(claims, header = {}) {
            return token(
                { alg: "HS256", typ: "grant+jwt", kid: secret.kid, ...header },
                typeof claims === "string"
                    ? claims : { exp: now() + 3600, ...claims },
                hmac(Buffer.from(secret.k, "base64url")));
        },

        access(claims, header = {}) {
            const key = createPrivateKey({ key: ec, format: "jwk" });

            return token(
                { alg: "ES256", typ: "at+jwt", kid: ec.kid, ...header },
                { iat: now(), exp: now() + 600, ...claims },
                (input) => sign("sha256", Buffer.from(input),
                                { key, dsaEncoding: "ieee-p1363" }));
        },
    };
}
