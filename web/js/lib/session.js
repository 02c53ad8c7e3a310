/*
 * Who is signed in.
 *
 * The tokens live in HttpOnly cookies that scripts never see, and all tabs
 * share them. What is kept here is until when the access token is good; where
 * nothing is kept nobody was signed in, and nobody is asked for. Tabs tell each
 * other of sign-ins and sign-outs.
 */

import { send, Problem } from "./http.js";

const KEY = "sluice.session";
const MARGIN = 60;          /* seconds before the end to renew at */
const LONGEST = 86400;      /* seconds: setTimeout counts in 31 bits of ms */

const events = new EventTarget();
const tabs = new BroadcastChannel(KEY);

let user = null;
let enrolling = false;      /* is it good for a second factor alone? */
let expires = 0;            /* ms since 1970, of the access token */
let timer = 0;
let renewing = null;


export function currentUser() {
    return user;
}


/* Must the user set up a second factor, or show it, before anything else? */
export function isEnrolling() {
    return enrolling;
}


/* listener() when the session ended without the user's doing */
export function onEnded(listener) {
    events.addEventListener("ended", listener);
}


/* listener() when the user signed out, here or in another tab */
export function onLeft(listener) {
    events.addEventListener("left", listener);
}


/* listener() when there is something new to be seen of the user */
export function onChanged(listener) {
    events.addEventListener("changed", listener);
}


/* listener() when it was found that he must enrol */
export function onEnrolling(listener) {
    events.addEventListener("enrolling", listener);
}


/* At the page's start: the user, or null. Asks only who was signed in. */
export async function resume() {
    const stored = read();

    if (!stored) {
        return null;
    }
    if (stored.token) {
        await moveToCookies(stored.token);
    }
    expires = read()?.expires ?? 0;

    try {
        const answer = await send("GET", "/api/me");
        user = answer;
        enrolling = await needsFactor(answer);
        schedule();
    } catch (problem) {
        if (problem.status !== 401) {
            throw problem;
        }
        if (!await renew()) {
            forget();
            events.dispatchEvent(new Event("ended"));
        }
    }

    return user;
}


/* Null once one is in; else what goes on with a second factor: {challenge,
   methods, passkey}. */
export async function signIn(email, password, stay) {
    try {
        enter(await send("POST", "/api/sessions", {
            body: { email, password, remember: stay, cookies: true },
        }));
    } catch (problem) {
        if (problem.word !== "second-factor-needed") {
            throw problem;
        }
        return problem.body;
    }
    return null;
}


export const passkeyOptions = () => send(
    "POST", "/api/sessions/passkey-options");


export async function signInPasskey(passkey, stay) {
    enter(await send("POST", "/api/sessions", {
        body: { passkey, remember: stay, cookies: true },
    }));
}


/* proof: {passkey}, {code} or {recovery_code} */
export async function answerChallenge(challenge, proof) {
    enter(await send("POST", "/api/sessions/challenge", {
        body: { challenge, ...proof },
    }));
}


/* An answer to one who has shown again who he is. */
export function shown(answer) {
    const whole = enrolling && !answer.second_factor_required;

    accept(answer);
    if (whole) {
        tabs.postMessage({ enrolled: true });
    }
}


export async function signOut() {
    try {
        await send("DELETE", "/api/sessions/current");
    } catch (problem) {
        if (problem.status !== 401) {
            throw problem;
        }
    }
    leave();
}


/* All sessions of the user have ended, by what he did. */
export function leave() {
    forget();
    tabs.postMessage({ left: true });
    events.dispatchEvent(new Event("left"));
}


/* changed: those facts of the user that are other ones now */
export function update(changed) {
    user = { ...user, ...changed };
    events.dispatchEvent(new Event("changed"));
}


/* The server lets him do nothing else. */
export function mustEnrol() {
    if (user && !enrolling) {
        enrolling = true;
        events.dispatchEvent(new Event("enrolling"));
    }
}


/* True when there is a valid access token again; one attempt at a time. */
export function renew() {
    const before = read()?.expires;

    renewing ??= alone(() => exchange(before)).finally(() => {
        renewing = null;
    });
    return renewing;
}


/* Before a long upload: a token that lasts past the request's start. */
export async function freshen() {
    if (user && expires - Date.now() < MARGIN * 1000) {
        await renew();
    }
}


export function end() {
    if (user) {
        forget();
        events.dispatchEvent(new Event("ended"));
    }
}


async function exchange(before) {
    const stored = read();

    /* another tab may have done so while this one waited for its turn */
    if (user && stored && stored.expires !== before
        && stored.expires > Date.now()) {
        expires = stored.expires;
        schedule();
        return true;
    }
    return refresh({});
}


/* False when there is no session to go on with. */
async function refresh(body) {
    try {
        accept(await send("POST", "/api/sessions/refresh", { body }));
        return true;
    } catch (problem) {
        if (problem instanceof Problem && problem.away) {
            throw problem;
        }
        return false;
    }
}


/* Until 2026-11-30 the refresh token was kept where scripts can read it. */
function moveToCookies(token) {
    return alone(() => read()?.token === token
        && refresh({ refresh_token: token, cookies: true }));
}


/* One tab at a time. */
function alone(work) {
    return navigator.locks ? navigator.locks.request(KEY, work) : work();
}


tabs.onmessage = ({ data }) => {
    if (data.left && user) {
        forget();
        events.dispatchEvent(new Event("left"));
    } else if (data.entered && data.entered !== user?.id
               || data.enrolled && enrolling)
    {
        location.reload();
    }
};


/* Whether he who has one has shown it here shows in what he may do alone. */
async function needsFactor({ second_factor: factor }) {
    if (!factor.required || !factor.totp && !factor.passkeys) {
        return factor.required;
    }
    try {
        await send("GET", "/api/sessions?limit=1");
        return false;
    } catch (problem) {
        if (problem.word !== "second-factor-required") {
            throw problem;
        }
        return true;
    }
}


function enter(answer) {
    accept(answer);
    tabs.postMessage({ entered: user.id });
}


function accept(answer) {
    user = answer.user ?? user;
    enrolling = answer.second_factor_required === true;
    expires = Date.now() + answer.expires_in * 1000;
    localStorage.setItem(KEY, JSON.stringify({ expires }));
    schedule();
}


function schedule() {
    const left = (expires - Date.now()) / 1000;
    const lead = Math.min(MARGIN, left / 2);

    clearTimeout(timer);
    if (left > 0) {
        timer = setTimeout(() => {
            renew().catch(() => {});
        }, Math.min(left - lead, LONGEST) * 1000);
    }
}


function forget() {
    clearTimeout(timer);
    user = null;
    enrolling = false;
    expires = 0;
    localStorage.removeItem(KEY);
}


function read() {
    try {
        return JSON.parse(localStorage.getItem(KEY));
    } catch {
        return null;
    }
}
