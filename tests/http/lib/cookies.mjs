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

export const cookiesOf = (reply) =>
    (reply.headers["set-cookie"] ?? []).map(cookie);

export const cookieOf = (reply) => cookiesOf(reply)[0];

export const claimsOf = (token) =>
    JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
