/*
 * Who is signed in.
 *
 * The access token lives in an HttpOnly cookie that scripts never see.  The
 * refresh token stays in this page's memory, and in localStorage only for
 * those who asked to stay signed in. Over a reload the tab's sessionStorage
 * carries it: from the moment the page goes to that when it is there again. A
 * tab that has none asks the others; they tell each other of sign-outs.
 */

import { send, Problem } from "./http.js";

const KEY = "sluice.session";
const MARGIN = 60;          /* seconds before the end to renew at */
const LONGEST = 86400;      /* seconds: setTimeout counts in 31 bits of ms */

const events = new EventTarget();
const tabs = new BroadcastChannel(KEY);

let user = null;
let token = null;           /* refresh token */
let expires = 0;            /* ms since 1970, of the access token */
let keep = false;
let timer = 0;
let renewing = null;


export function currentUser() {
    return user;
}


/* listener() when the session ended without the user's doing */
export function onEnded(listener) {
    events.addEventListener("ended", listener);
}


/* listener() when the user signed out in another tab */
export function onLeft(listener) {
    events.addEventListener("left", listener);
}


/* At the page's start: the user, or null. Asks only who was signed in. */
export async function resume() {
    const stored = read();

    if (!stored) {
        return null;
    }
    if (!token) {
        keep = Boolean(stored.token);
        hold(keep ? stored : take());
    }

    try {
        const answer = await send("GET", "/api/me");
        user = answer.user ?? answer;
        schedule();
        if (!token) {
            tabs.postMessage({ ask: true });
        }
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


export async function signIn(email, password, stay) {
    const answer = await send("POST", "/api/sessions", {
        body: { email, password },
    });

    keep = stay;
    accept(answer);
    tabs.postMessage({ entered: user.id });
}


export async function signOut() {
    try {
        await send("DELETE", "/api/sessions/current");
    } catch (problem) {
        if (problem.status !== 401) {
            throw problem;
        }
    }
    forget();
    tabs.postMessage({ left: true });
}


/* True when there is a valid access token again; one attempt at a time. */
export function renew() {
    renewing ??= alone(exchange).finally(() => {
        renewing = null;
    });
    return renewing;
}


/* Before a long upload: a token that lasts past the request's start. */
export async function freshen() {
    if (token && expires - Date.now() < MARGIN * 1000) {
        await renew();
    }
}


export function end() {
    if (user) {
        forget();
        events.dispatchEvent(new Event("ended"));
    }
}


async function exchange() {
    const stored = read();

    /* Another tab may have spent our token, and has stored its successor. */
    if (keep && stored?.token && stored.token !== token) {
        hold(stored);
        if (user && expires > Date.now()) {
            schedule();
            return true;
        }
    }

    if (!token) {
        return false;
    }

    try {
        accept(await send("POST", "/api/sessions/refresh", {
            body: { refresh_token: token },
        }));
        return true;
    } catch (problem) {
        if (problem instanceof Problem && problem.away) {
            throw problem;
        }
        token = null;
        return false;
    }
}


/* Tabs share the stored token, and a token may be spent once. */
function alone(work) {
    return navigator.locks ? navigator.locks.request(KEY, work) : work();
}


tabs.onmessage = ({ data }) => {
    if (data.left && user) {
        forget();
        events.dispatchEvent(new Event("left"));
    } else if (data.entered && data.entered !== user?.id) {
        location.reload();
    } else if (data.ask && token) {
        tabs.postMessage({ told: { token, expires } });
    } else if (data.told && user && !token) {
        hold(data.told);
        schedule();
    }
};

addEventListener("pagehide", () => {
    if (token && !keep) {
        sessionStorage.setItem(KEY, JSON.stringify({ token, expires }));
    }
});
addEventListener("pageshow", ({ persisted }) => persisted && take());


/* What this tab laid down when its page went, which is there once. */
function take() {
    const text = sessionStorage.getItem(KEY);

    sessionStorage.removeItem(KEY);
    try {
        return JSON.parse(text) ?? {};
    } catch {
        return {};
    }
}


function hold(stored) {
    token = stored.token ?? null;
    expires = stored.expires ?? 0;
}


function accept(answer) {
    user = answer.user ?? user;
    token = answer.refresh_token ?? token;
    expires = Date.now() + answer.expires_in * 1000;
    write();
    schedule();
}


function schedule() {
    const left = (expires - Date.now()) / 1000;
    const lead = Math.min(MARGIN, left / 2);

    clearTimeout(timer);
    if (token && left > 0) {
        timer = setTimeout(() => {
            renew().catch(() => {});
        }, Math.min(left - lead, LONGEST) * 1000);
    }
}


function forget() {
    clearTimeout(timer);
    user = null;
    token = null;
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


function write() {
    localStorage.setItem(KEY, JSON.stringify(keep ? { token, expires } : {}));
}
