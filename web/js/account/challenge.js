/* A sign-in goes on: a passkey, six digits, or a code on paper. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { Problem } from "../lib/http.js";
import * as session from "../lib/session.js";
import { hasPasskeys, showPasskey } from "../lib/webauthn.js";
import { turn } from "./door.js";
import { codeField, form, recoveryField } from "./form.js";

const WAYS = { passkey: "passkey", totp: "code",
               recovery_code: "recovery_code" };
const FIELDS = {
    passkey: () => [],
    code: () => [codeField("code")],
    recovery_code: () => [recoveryField("recovery-code")],
};


/* place is filled. half: {challenge, methods, passkey}. done() once one is in;
   over() when it must begin anew. */
export function challengeForm(place, half, { done, over }) {
    const ways = half.methods.map((method) => WAYS[method])
        .filter((way) => way !== "passkey" || half.passkey && hasPasskeys());

    async function proof(way, values) {
        if (way !== "passkey") {
            return values;
        }
        const passkey = await showPasskey(half.passkey);

        if (passkey === null) {
            throw Problem.local("passkey-none");
        }
        return { passkey };
    }

    function show(way) {
        const fields = FIELDS[way]();
        const { element, complain } = form({
            id: "challenge",
            fields,
            submit: () => t(way === "passkey" ? "passkeys.use"
                : "sign-in.submit"),
            send: async (values) => session.answerChallenge(
                half.challenge, await proof(way, values)),
            done,
            refused: (problem) => refused(problem, fields[0], complain),
            children: [
                h("h1", {}, () => t("challenge.title")),
                h("p", {}, () => t(`challenge.lead-${way}`)),
            ],
        });

        turn(place, element, h("div", { class: "ways" },
            ways.filter((other) => other !== way).map((other) => h("button", {
                class: "link", type: "button", onclick: () => show(other),
            }, () => t(`challenge.to-${other}`))),
            h("button", { class: "link", type: "button",
                          onclick: () => over(null) },
              () => t("challenge.again")),
            way === "recovery_code"
                ? h("p", { class: "hint" }, () => t("challenge.lost"))
                : null));
        (fields[0]?.input ?? element.querySelector("button")).focus();

        function refused(problem, typed, say) {
            if (problem.word === "challenge-invalid") {
                over(() => t("challenge.over"));
            } else if (problem.word === "code-wrong") {
                typed.complain(() => problem.text());
                typed.input.focus();
                typed.input.select();
            } else if (problem.word === "too-many" && ways.length > 1) {
                say(() => `${problem.text()} ${t(`challenge.open-${way}`)}`);
            } else {
                return false;
            }
            return true;
        }
    }

    show(ways[0]);
}
