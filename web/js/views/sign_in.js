/* Email, password, and in; with a code where the account has a second factor. Or
   a passkey alone, by its button, or where the address is typed. */

import { challengeForm } from "../account/challenge.js";
import { door, handedOver, signsNobodyUp } from "../account/door.js";
import { passwordField } from "../account/form.js";
import { h, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";
import * as session from "../lib/session.js";
import { fillsPasskeys, forgetPasskey, hasPasskeys, showPasskey }
    from "../lib/webauthn.js";

const OFFERED = 240_000;    /* ms: a challenge is good for five minutes */

let ended = false;          /* did the session end by itself? */

session.onEnded(() => {
    ended = true;
});


export function signInView(params, { signal, entered }) {
    const handed = handedOver();
    let note = handed.note ?? (ended ? () => t("sign-in.ended") : null);
    let problem = null;
    let busy = false;

    const email = h("input", {
        id: "email", type: "email", name: "email", required: true,
        autocomplete: "username webauthn", autocapitalize: "none", spellcheck: "false",
        "aria-describedby": "sign-in-note sign-in-problem", value: handed.email ?? "",
    });
    const secret = passwordField("password", {
        "aria-describedby": "sign-in-note sign-in-problem",
    });
    const password = secret.input;
    const stay = h("input", { id: "stay", type: "checkbox", name: "stay" });
    const alert = h("p", { class: "form-problem", id: "sign-in-problem",
                           role: "alert" },
                    () => (problem ? problem() : ""));
    const place = h("div", { class: "sign-in-place" });

    const form = h("form", { class: "account-form", novalidate: true,
                             "aria-busy": () => String(busy),
                             onsubmit: submit },
        h("h1", {}, () => t("sign-in.title")),
        h("p", { class: "form-note", id: "sign-in-note", hidden: () => note === null },
          () => (note ? note() : "")),
        h("div", { class: "field" },
          h("label", { for: "email" }, () => t("sign-in.email")), email),
        secret.element,
        h("div", { class: "check" }, stay,
          h("label", { for: "stay" }, () => t("sign-in.keep"))),
        alert,
        h("button", { class: "button primary wide", type: "submit",
                      "aria-disabled": () => String(busy) },
          () => t(busy ? "sign-in.busy" : "sign-in.submit")),
        h("button", { class: "button wide", type: "button", id: "passkey",
                      hidden: !hasPasskeys(), onclick: byPasskey },
          () => t("passkeys.sign-in")));
    const ways = h("p", { class: "ways" },
        h("a", { class: "link", href: "/reset" }, () => t("sign-in.forgotten")),
        signsNobodyUp() ? null
            : h("a", { class: "link", href: "/sign-up" },
                () => t("sign-up.title")));

    async function submit(event) {
        event.preventDefault();
        if (busy) {
            return;
        }

        busy = email.value !== "" && password.value !== "";
        problem = busy ? null : () => t("sign-in.empty");
        refresh(form);
        if (!busy) {
            (email.value === "" ? email : password).focus();
            return;
        }

        try {
            const half = await session.signIn(
                email.value.trim(), password.value, stay.checked);

            if (half) {
                challengeForm(place, half, { done, over: anew });
            } else {
                done();
            }
        } catch (error) {
            problem = () => error.text();
            password.focus();
            password.select();
        } finally {
            busy = false;
            refresh(form);
        }
    }

    /* One is shown; false when nobody would. */
    async function enter(options, waits) {
        const passkey = await showPasskey(options, waits);

        if (passkey === null) {
            return false;
        }
        try {
            await session.signInPasskey(passkey, stay.checked);
        } catch (error) {
            if (error.word === "passkey-wrong") {
                forgetPasskey(options, passkey);
            }
            throw error;
        }
        done();
        return true;
    }

    async function byPasskey() {
        problem = null;
        refresh(form);
        try {
            if (!await enter(await session.passkeyOptions())) {
                problem = () => t("problem.passkey-none");
            }
        } catch (error) {
            tell(error);
        }
        refresh(form);
        offer();
    }

    /* Where the address is typed, for as long as this is to be seen. */
    async function offer() {
        if (signal.aborted || !await fillsPasskeys()) {
            return;
        }
        const waits = new AbortController();
        const end = () => waits.abort();
        let late = false;
        const timer = setTimeout(() => {
            late = true;
            end();
        }, OFFERED);

        signal.addEventListener("abort", end, { once: true });
        try {
            const options = await offered();

            if (options) {
                await enter(options, waits.signal);
            }
        } catch (error) {
            tell(error);
            refresh(form);
        } finally {
            clearTimeout(timer);
            signal.removeEventListener("abort", end);
        }
        if (late) {
            offer();
        }
    }

    /* Null when there are none to be had: nobody has asked for one yet. */
    async function offered() {
        try {
            return await session.passkeyOptions();
        } catch (error) {
            if (error.status === 409) {
                form.querySelector("#passkey").hidden = true;
            }
            return null;
        }
    }

    function tell(error) {
        if (!error.text) {
            throw error;
        }
        problem = () => error.text();
    }

    function done() {
        ended = false;
        entered();
    }

    /* The first step again, and why. */
    function anew(why) {
        note = why;
        problem = null;
        password.value = "";
        refresh(form);
        place.replaceChildren(form, ways);
        password.focus();
    }

    place.append(form, ways);
    offer();
    return {
        element: door(place),
        title: () => `${t("sign-in.title")} – Sluice`,
        focus: handed.email ? password : email,
    };
}
