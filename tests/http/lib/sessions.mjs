/* What clients of sessions ask for: calls of a stack that is there by then. */

import { request } from "./client.mjs";

export const bearer = (token) => ({ Authorization: `Bearer ${token}` });

/* {post, signIn, refresh, me}; `url()` is asked at each call. */
export function sessions(url) {
    const post = (path, options) =>
        request(url() + path, { method: "POST", ...options });

    return {
        post,
        signIn: ({ email, password }) =>
            post("/api/sessions", { json: { email, password } }),
        refresh: (token) => post("/api/sessions/refresh",
            { json: { refresh_token: token } }),
        me: (headers) => request(`${url()}/api/me`, { headers }),
    };
}
