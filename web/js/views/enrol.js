/* For who must have a second factor: it is set up, or shown, before all else.
 */

import { getMe } from "../account/api.js";
import { recoveryCodes } from "../account/codes.js";
import { turn } from "../account/door.js";
import { enrol } from "../account/enrol.js";
import { passkeyForm } from "../account/passkeys.js";
import { proofForm } from "../account/proof.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { hasPasskeys } from "../lib/webauthn.js";


export function enrolView(params, { signal, entered }) {
    const lead = h("p", {});
    const place = h("div", { class: "panel-body" });
    const passkey = h("div", { class: "panel", hidden: true },
        h("h2", {}, () => t("passkeys.title")),
        h("p", {}, () => t("passkeys.lead")),
        h("div", { class: "panel-body" }, passkeyForm(added)));

    /* It is a second factor as well. */
    function added(answer) {
        passkey.hidden = true;
        if (answer.recovery_codes) {
            turn(place, recoveryCodes(answer.recovery_codes, entered));
        } else {
            entered();
        }
    }

    async function begin() {
        try {
            const me = await getMe(signal);

            if (me.second_factor.totp || me.second_factor.passkeys) {
                lead.replaceChildren(h("span", {}, () => t("enrol.show")));
                place.replaceChildren(proofForm(me, entered));
            } else {
                lead.replaceChildren(h("span", {}, () => t("enrol.lead")));
                passkey.hidden = me.second_factor.passkeys === null
                    || !hasPasskeys();
                await enrol(place, { done: entered, anew: begin });
            }
        } catch (problem) {
            if (!signal.aborted) {
                place.replaceChildren(...broken(problem, begin));
            }
        }
    }

    begin();
    return {
        element: h("section", { class: "account" },
            h("h1", {}, () => t("enrol.title")), lead,
            h("div", { class: "panels" },
              passkey, h("div", { class: "panel" }, place))),
        title: () => `${t("enrol.title")} – Sluice`,
    };
}


function broken(problem, again) {
    return [
        h("p", { class: "form-problem", role: "alert" },
          () => problem.text()),
        h("button", { class: "button", type: "button", onclick: again },
          () => t("problem.again")),
    ];
}
