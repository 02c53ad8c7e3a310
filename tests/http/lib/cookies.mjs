/* What answers set, and what is in tokens. */

/* The cookies of an answer: {name, value, …attributes in small letters}. */
function cookie(text) {
    const [first, ...rest] = text.split(/;\s*/);
    const [name, value] = first.split("=");

    return { name, value, ...Object.fromEntries(rest.map((attribute) => {
        const [key, content = true] = attribute.split("=");
        return [key.toLowerCase(), content];
    })) };
}

const all = (reply) => (reply.headers["set-cookie"] ?? []).map(cookie);
const DEVICE = /^(__Host-)?sluice_device$/;

/* A session's. */
export const cookiesOf = (reply) =>
    all(reply).filter(({ name }) => !DEVICE.test(name));

/* That by which a browser is known later. */
export const deviceOf = (reply) => all(reply).find(
    ({ name }) => DEVICE.test(name));

export const cookieOf = (reply) => cookiesOf(reply)[0];

export const claimsOf = (token) =>
    JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
