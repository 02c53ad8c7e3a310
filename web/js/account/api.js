/* What the page asks of accounts. */

import { call } from "../lib/call.js";
import { send } from "../lib/http.js";
import { current } from "../lib/language.js";


/* What a visitor asks for, or whoever has a mailed link; a name may be empty */

export function signUp({ email, password, name }) {
    return send("POST", "/api/accounts", {
        body: { email, password, locale: current(), ...named(name) },
    });
}


export const verify = (token) => send(
    "POST", path("email-verifications", token), { body: {} });

export const askReset = ({ email }) => send(
    "POST", "/api/password-resets", { body: { email } });

export const getReset = (token, signal) => send(
    "GET", path("password-resets", token), { signal });

export const reset = (token, { password }) => send(
    "POST", path("password-resets", token), { body: { password } });

export const getInvitation = (token, signal) => send(
    "GET", path("invitations", token), { signal });

export function accept(token, { password, name }) {
    return send("POST", path("invitations", token), {
        body: { password, locale: current(), ...named(name) },
    });
}


/* What is one's own */

export const getMe = (signal) => call("GET", "/api/me", { signal });

export const changeMe = (body) => call("PATCH", "/api/me", { body });

export const changePassword = (body) => call("POST", "/api/me/password",
                                             { body });

export const changeEmail = (body) => call("POST", "/api/me/email", { body });

export const leave = (body) => call("DELETE", "/api/me", { body });

export const getExport = (signal) => call("GET", "/api/me/export",
                                          { signal });

export const askExport = () => call("POST", "/api/me/export");

export const removeExport = () => call("DELETE", "/api/me/export");

export const authenticate = (body) => call(
    "POST", "/api/sessions/current/authenticate",
    { body: { ...body, cookies: true } });

export const beginTotp = () => call("POST", "/api/me/totp");

export const confirmTotp = (body) => call(
    "POST", "/api/me/totp/confirm", { body: { ...body, cookies: true } });

export const removeTotp = () => call("DELETE", "/api/me/totp");

export const getPasskeys = () => call("GET", "/api/me/passkeys");

export const beginPasskey = () => call("POST", "/api/me/passkeys/options");

export const addPasskey = (body) => call(
    "POST", "/api/me/passkeys", { body: { ...body, cookies: true } });

export const renamePasskey = (id, body) => call(
    "PATCH", `/api/me/passkeys/${id}`, { body });

export const removePasskey = (id) => call("DELETE", `/api/me/passkeys/${id}`);

export const passkeyAgain = () => call(
    "POST", "/api/sessions/current/passkey-options");

export const newCodes = () => call("POST", "/api/me/recovery-codes");

export const getSessions = (cursor, signal) => call(
    "GET", page("/api/sessions", cursor), { signal });

export const endSession = (id) => call("DELETE", `/api/sessions/${id}`);

export const endOthers = () => call("DELETE", "/api/sessions?others=true");


/* What admins do */

export const getInvitations = (cursor, signal) => call(
    "GET", page("/api/invitations", cursor), { signal });

export const invite = (body) => call("POST", "/api/invitations", { body });

export const takeBack = (id) => call("DELETE", `/api/invitations/${id}`);

export const getAccounts = (filters, cursor, signal) => call(
    "GET", filtered("/api/accounts", filters, cursor), { signal });

export const getAccount = (id, signal) => call("GET", account(id), { signal });

export const changeAccount = (id, body) => call("PATCH", account(id), { body });

export const removeAccount = (id) => call("DELETE", account(id));

export const removeAccountFactors = (id) => call("DELETE",
                                                 `${account(id)}/factors`);

export const getAccountSessions = (id, cursor, signal) => call(
    "GET", page(`${account(id)}/sessions`, cursor), { signal });

export const endAccountSessions = (id) => call("DELETE",
                                               `${account(id)}/sessions`);

export const getAudit = (filters, cursor, signal) => call(
    "GET", filtered("/api/audit", filters, cursor), { signal });


const account = (id) => `/api/accounts/${encodeURIComponent(id)}`;

const path = (what, token) => `/api/${what}/${encodeURIComponent(token)}`;

const page = (where, cursor) => (cursor
    ? `${where}?cursor=${encodeURIComponent(cursor)}` : where);

function filtered(where, filters, cursor) {
    const query = new URLSearchParams(Object.entries({ ...filters, cursor })
        .filter(([, value]) => value));

    return query.size ? `${where}?${query}` : where;
}

const named = (name) => (name ? { name } : {});
