/*
 * An authenticator, and the browser in front of it: Web Authentication, Level 3,
 * with nothing of ours in between. What a test hands in `wrong` takes the place
 * of what would be right there.
 */

import {
    createHash, generateKeyPairSync, randomBytes, sign,
} from "node:crypto";

const UP = 0x01, UV = 0x04, BE = 0x08, BS = 0x10, AT = 0x40;

const ALGORITHMS = {
    ES256: { alg: -7, make: ["ec", { namedCurve: "P-256" }], hash: "sha256" },
    EdDSA: { alg: -8, make: ["ed25519", {}], hash: null },
    RS256: { alg: -257, make: ["rsa", { modulusLength: 2048 }],
             hash: "sha256" },
};

const text = (bytes) => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes) => createHash("sha256").update(bytes).digest();


/* CBOR (RFC 8949) of numbers, texts, Buffers, arrays, and Maps. */
export function cbor(value) {
    const head = (major, n) => {
        if (n < 24) {
            return Buffer.from([major << 5 | n]);
        }
        return n < 256 ? Buffer.from([major << 5 | 24, n])
            : Buffer.from([major << 5 | 25, n >> 8, n & 255]);
    };

    if (typeof value === "number") {
        return value < 0 ? head(1, -1 - value) : head(0, value);
    } else if (typeof value === "string") {
        return Buffer.concat([head(3, Buffer.byteLength(value)),
                              Buffer.from(value)]);
    } else if (Buffer.isBuffer(value)) {
        return Buffer.concat([head(2, value.length), value]);
    } else if (Array.isArray(value)) {
        return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
    }
    return Buffer.concat([head(5, value.size),
        ...[...value].flatMap((pair) => pair.map(cbor))]);
}


/* A new pair as bytes of DER: KeyObjects that export JWKs have stood still in
   Node 20, within a lock. */
export function pairOf([type, options]) {
    return generateKeyPairSync(type, { ...options,
        publicKeyEncoding: { type: "spki", format: "der" },
        privateKeyEncoding: { type: "pkcs8", format: "der" } });
}


/* What stands in DER behind a tag: [bytes, what is left]. */
function der(bytes) {
    const n = bytes[1] & 0x80 ? bytes[1] & 0x7f : 0;
    const start = 2 + n;
    const end = start + (n ? bytes.readUIntBE(2, n) : bytes[1]);

    return [bytes.subarray(start, end), bytes.subarray(end)];
}


/* RSAPublicKey (RFC 8017, A.1.1) within its BIT STRING: n and e. */
function rsaOf(spki) {
    const [, bits] = der(der(spki)[0]);
    const [n, rest] = der(der(der(bits)[0].subarray(1))[0]);

    return [n, der(rest)[0]].map((number) => (number[0] === 0
        ? number.subarray(1) : number));
}


function coseOf(spki, { alg }) {
    switch (alg) {
    case -7:
        return new Map([[1, 2], [3, alg], [-1, 1],
                        [-2, spki.subarray(-64, -32)],
                        [-3, spki.subarray(-32)]]);
    case -8:
        return new Map([[1, 1], [3, alg], [-1, 6], [-2, spki.subarray(-32)]]);
    default: {
        const [n, e] = rsaOf(spki);

        return new Map([[1, 3], [3, alg], [-1, n], [-2, e]]);
    }
    }
}


/* One passkey in it, of an algorithm by its name in JOSE. */
export class Authenticator {
    constructor(origin, { algorithm = "ES256", verifies = true,
                          synced = false, counts = true } = {})
    {
        this.origin = origin;
        this.algorithm = ALGORITHMS[algorithm];
        this.flags = UP | (verifies ? UV : 0) | (synced ? BE | BS : 0);
        this.counts = counts;
        this.count = 0;
        this.id = randomBytes(32);
        this.keys = pairOf(this.algorithm.make);
        this.user = null;
    }

    client(type, challenge, wrong) {
        return Buffer.from(wrong.clientText ?? JSON.stringify({
            type, challenge, origin: this.origin, crossOrigin: false,
            ...wrong.client,
        }));
    }

    data(rp, more, { flags = this.flags | more.flags, count, rpId = rp,
                     behind = Buffer.alloc(0) })
    {
        const head = Buffer.alloc(5);

        this.count += this.counts ? 1 : 0;
        head[0] = flags;
        head.writeUInt32BE(count ?? this.count, 1);
        return Buffer.concat([sha256(rpId), head, more.bytes, behind]);
    }

    frame(response, wrong) {
        return {
            id: text(this.id), rawId: text(this.id), type: "public-key",
            authenticatorAttachment: "platform", clientExtensionResults: {},
            response: { ...response, ...wrong.response }, ...wrong.frame,
        };
    }

    /* PublicKeyCredentialCreationOptionsJSON -> RegistrationResponseJSON */
    create(options, wrong = {}) {
        const key = wrong.key ?? coseOf(this.keys.publicKey, this.algorithm);
        const id = wrong.id ?? this.id;
        const attested = Buffer.concat([
            Buffer.alloc(16), Buffer.from([id.length >> 8, id.length & 255]),
            id, cbor(key)]);

        this.user = options.user.id;
        return this.frame({
            clientDataJSON: text(this.client("webauthn.create",
                                             options.challenge, wrong)),
            attestationObject: text(wrong.object ?? cbor(new Map([
                ["fmt", wrong.fmt ?? "none"],
                ["attStmt", wrong.statement ?? new Map()],
                ["authData", this.data(options.rp.id,
                    { flags: AT, bytes: attested }, wrong)]]))),
            transports: ["hybrid", "internal"],
        }, wrong);
    }

    /* PublicKeyCredentialRequestOptionsJSON -> AuthenticationResponseJSON */
    get(options, wrong = {}) {
        const client = this.client("webauthn.get", options.challenge, wrong);
        const data = this.data(options.rpId,
                               { flags: 0, bytes: Buffer.alloc(0) }, wrong);
        const signature = sign(this.algorithm.hash,
            Buffer.concat([data, sha256(wrong.signed ?? client)]),
            { key: (wrong.by ?? this).keys.privateKey, format: "der",
              type: "pkcs8" });

        return this.frame({
            clientDataJSON: text(client), authenticatorData: text(data),
            signature: text(signature), userHandle: this.user,
        }, wrong);
    }
}
