/* Tokens that are not well-formed: RFC 7515 and 8725, to the letter. */

import { randomBytes } from "node:crypto";

import {
    FILE, access, base64url, grant, json, kept, made, message, opened,
    outlasted, raw, refused, refuses, sealed, startForge, stopForge, token,
} from "../lib/forge.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const MAX = 16384;              /* characters of a token: core/jose/jwt.h */
const DEPTH = 32;               /* of its JSON: core/jose/json_strict.h */
const MIB = 2 ** 20;

let stack;


before(async () => {
    ({ stack } = await startForge());
}, { timeout });

after(stopForge, { timeout });


for (const kind of [grant, access]) {
    describe(`a ${kind.name} that says something twice`, { timeout }, () => {
        /* {"a":1} and "a":2 make {"a":1,"a":2} */
        const twice = (object, name, value) => json(object).replace(/\}$/,
            `,"${name}":${JSON.stringify(value)}}`);

        for (const name of ["alg", "typ", "kid", "\\u0061lg"]) {
            it(`is refused: ${name} in the header`, async () => {
                const header = kind.header();

                await refuses(kind, made(
                    twice(header, name, header[name] ?? header.alg),
                    kind.claims(), kind.signer()));
            });
        }

        for (const name of ["exp", "path", "role", "iss", "\\u0065xp"]) {
            it(`is refused: ${name} in the claims`, async () => {
                const claims = { role: "admin", iss: stack.url, path: FILE,
                                 ...kind.claims() };

                await refuses(kind, made(kind.header(),
                    twice(claims, name, claims[name] ?? claims.exp),
                    kind.signer()));
            });
        }
    });

    describe(`the base64url of a ${kind.name}`, { timeout }, () => {
        /* a text whose base64url has '-', '_' and bits to spare */
        const text = (value) => {
            const odd = json({ ...value, zz: "~~~???>>>~" });
            const spare = " ".repeat((4 - Buffer.byteLength(odd) % 3) % 3);

            return base64url(odd + spare);
        };
        const changes = {
            "padding": (part) => `${part}=`,
            "all of its padding": (part) =>
                part + "=".repeat((4 - part.length % 4) % 4),
            "two signs of padding in front": (part) => `==${part}`,
            "stray bits": (part) => part.slice(0, -1)
                + (part.endsWith("A") ? "B" : String.fromCharCode(
                    part.charCodeAt(part.length - 1) + 1)),
            "a blank in it": (part) => `${part.slice(0, 9)} ${part.slice(9)}`,
            "a blank behind it": (part) => `${part} `,
            "a tab in it": (part) => `${part.slice(0, 9)}\t${part.slice(9)}`,
            "'+' for '-'": (part) => part.replaceAll("-", "+"),
            "'/' for '_'": (part) => part.replaceAll("_", "/"),
            "one character more": (part) => `${part}A`,
            "nothing in it": () => "",
        };

        for (const [what, change] of Object.entries(changes)) {
            it(`is refused with ${what} in the header`, async () => {
                const header = change(text(kind.header()));

                await refuses(kind, sealed(header, base64url(json(
                    kind.claims())), kind.signer()));
            });

            it(`is refused with ${what} in the claims`, async () => {
                const claims = change(text(kind.claims()));

                await refuses(kind, sealed(base64url(json(kind.header())),
                    claims, kind.signer()));
            });

            it(`is refused with ${what} in the signature`, async () => {
                let good;

                /* until all that a change looks for is in it */
                do {
                    good = token(kind, { n: randomBytes(6).toString("hex") });
                } while (!["-", "_"].every((sign) =>
                    good.split(".")[2].includes(sign)) || good.endsWith("A"));

                const at = good.lastIndexOf(".") + 1;
                const bad = good.slice(0, at) + change(good.slice(at));

                opened(await kind.send(good));
                if (bad.trimEnd() === good) {
                    return;    /* blanks around a header's value are none */
                }
                await refuses(kind, bad);
            });
        }

        it("is read with '-' and '_'", async () => {
            opened(await kind.send(sealed(text(kind.header()),
                text(kind.claims()), kind.signer())));
        });

        for (const part of ["", ".", "..", "...", "a", "a.b", "a.b.c.d",
                            ".".repeat(8000)]) {
            it(`is refused: ${JSON.stringify(part.slice(0, 9))}`, async () => {
                /* an empty one is none at all where only blanks are left */
                refused(await kind.send(part || ".."), kind);
            });
        }
    });

    describe(`the size of a ${kind.name}`, { timeout }, () => {
        /* one of so many characters; its header takes what base64url cannot */
        function sized(length) {
            for (let odd = 0; odd < 4; odd++) {
                const header = { n: "n".repeat(odd) };
                const bare = token(kind, header, { x: "" }).length;
                const about = Math.floor((length - bare) * 3 / 4);

                for (let fill = about - 3; fill < about + 4; fill++) {
                    const text = token(kind, header, { x: "x".repeat(fill) });

                    if (text.length === length) {
                        return text;
                    }
                }
            }
        }

        it(`may be ${MAX} characters`, async () => {
            opened(await kind.send(sized(MAX)));
        });

        it(`may not be ${MAX + 1}`, async () => {
            await refuses(kind, sized(MAX + 1));
        });

        for (const [where, carry] of Object.entries(kind.carriers)) {
            it(`of 1 MiB is refused in ${where}, and no more`, async () => {
                for (const text of [
                    token(kind, {}, { x: "x".repeat(MIB) }),
                    `${token(kind)}${"A".repeat(MIB)}`,
                    `${".".repeat(MIB)}`,
                    "A".repeat(MIB),
                ]) {
                    kept(await raw(message(carry(text))));
                    opened(await kind.send(token(kind)));
                }
            });
        }
    });

    describe(`the depth of a ${kind.name}`, { timeout }, () => {
        const deep = (levels, open = "[", close = "]") =>
            open.repeat(levels) + close.repeat(levels);
        const within = (object, text) =>
            json(object).replace(/\}$/, `,"x":${text}}`);
        const objects = (levels) => `${'{"x":'.repeat(levels)}0${
            "}".repeat(levels)}`;

        it(`may be ${DEPTH}`, async () => {
            opened(await kind.send(made(
                within(kind.header(), deep(DEPTH - 1)),
                within(kind.claims(), deep(DEPTH - 1)), kind.signer())));
        });

        for (const [what, text] of Object.entries({
            [`${DEPTH + 1}`]: deep(DEPTH),
            "2,000": deep(2000),
            "500 objects": objects(500),
            "10,000": deep(10_000),
            "10,000 objects": objects(10_000),
            "4,000 that nothing closes": "[".repeat(4000),
        })) {
            it(`may not be ${what} in the header`, async () => {
                await refuses(kind, made(within(kind.header(), text),
                    kind.claims(), kind.signer()));
            });

            it(`may not be ${what} in the claims`, async () => {
                await refuses(kind, made(kind.header(),
                    within(kind.claims(), text), kind.signer()));
            });
        }
    });

    describe(`bytes that are no characters in a ${kind.name}`, { timeout },
        () => {
            const inserts = ["\0", "\n", "\r", "%00", "%0a", "%0d%0a", "\x7f",
                             "\xff", "%", "%2"];

            for (const [where, carry] of Object.entries(kind.carriers)) {
                it(`open nothing in ${where}`, async () => {
                    const good = token(kind);

                    for (const insert of inserts) {
                        for (const at of [0, 9, good.length]) {
                            const bad = good.slice(0, at) + insert
                                + good.slice(at);

                            /* a line's end behind a header's value is one */
                            if (at === good.length && /[\r\n]$/.test(insert)) {
                                continue;
                            }
                            kept(await raw(Buffer.from(message(carry(bad)),
                                "latin1")), JSON.stringify([insert, at]));
                        }
                    }
                });
            }

            it("open nothing within its JSON", async () => {
                for (const odd of ["\0", "\x01", "\xff"]) {
                    const claims = Buffer.from(json(kind.claims())
                        .replace("{", `{"x":"${odd}",`), "latin1");

                    await refuses(kind, sealed(base64url(json(kind.header())),
                        base64url(claims), kind.signer()));
                }
                await refuses(kind, made(kind.header(),
                    json(kind.claims()).replace("{", '{"x":"\\u0000",'),
                    kind.signer()));
            });
        });
}


outlasted();
