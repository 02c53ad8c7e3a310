/* Showing again who one is: with a passkey, or with the password, and a code
   where there is a second factor. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { Problem } from "../lib/http.js";
import { currentUser, shown } from "../lib/session.js";
import { hasPasskeys, showPasskey } from "../lib/webauthn.js";
import { authenticate, getMe, passkeyAgain } from "./api.js";
import { codeField, form, GIVEN_UP, owner, passwordField, recoveryField }
    from "./form.js";


/*
 * Does what only he may do who has shown lately who he is: asks for that where
 * it is too long ago, and does it then. {answer}, or null: he would not.
 */
export async function proven(action) {
    try {
        return { answer: await action() };
    } catch (problem) {
        if (problem.word !== "authentication-too-old") {
            throw problem;
        }
    }
    return await ask(await getMe()) ? { answer: await action() } : null;
}


/* The same for a form to send. */
export function provenly(send) {
    return async (values) => {
        const done = await proven(() => send(values));

        return done ? done.answer : GIVEN_UP;
    };
}


function ask(me) {
    const dialog = h("dialog", { class: "dialog",
                                 "aria-labelledby": "proof-title" });

    dialog.append(
        h("h2", { id: "proof-title" }, () => t("proof.title")),
        h("p", {}, () => t("proof.lead")),
        proofForm(me, () => dialog.close("shown"),
                  h("button", { class: "button", type: "button",
                                onclick: () => dialog.close("") },
                    () => t("edit.cancel"))));
    document.body.append(dialog);
    dialog.showModal();
    firstOf(dialog).focus();

    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "shown");
        });
    });
}


/* done() when it is certain who he is. */
export function proofForm(me, done, ...beside) {
    const place = h("div", { class: "proof" });
    const { totp, passkeys } = me.second_factor;
    const ways = [
        ...passkeys && hasPasskeys() ? ["passkey"] : [],
        ...totp ? ["code"] : [],
        ...totp || passkeys ? ["recovery_code"] : ["password"],
    ];

    async function passkey(values) {
        const found = await showPasskey(await passkeyAgain());

        if (found === null) {
            throw Problem.local("passkey-none");
        }
        return { ...values, passkey: found };
    }

    /* alone: whose holder the authenticator verifies needs no password */
    function show(way, alone = true) {
        const fields = [
            ...way === "passkey" && alone ? []
                : [passwordField("proof-password")],
            ...way === "code" ? [codeField("proof-code")] : [],
            ...way === "recovery_code" ? [recoveryField("proof-recovery")] : [],
        ];
        const made = form({
            id: "proof",
            fields,
            submit: () => t(way === "passkey" ? "passkeys.use"
                : "proof.submit"),
            send: async (values) => authenticate(
                way === "passkey" ? await passkey(values) : values),
            done: (answer) => {
                shown(answer);
                done();
            },
            refused: (problem) => {
                const needed = way === "passkey" && alone
                    && problem.field === "password";

                if (needed) {
                    show(way, false).focus();
                }
                return needed;
            },
            children: [owner(currentUser().email)],
        });

        made.element.append(...beside);
        place.replaceChildren(made.element,
            ...ways.filter((other) => other !== way).map((other) => h(
                "button", { class: "link", type: "button",
                            onclick: () => show(other).focus() },
                () => t(`challenge.to-${other}`))));
        return firstOf(place);
    }

    show(ways[0]);
    return place;
}


/* What is to be filled in, or pressed, first. */
function firstOf(place) {
    return place.querySelector("input:not([hidden])")
        ?? place.querySelector("button");
}
