/* Passkeys, as the browser has them: Web Authentication, Level 3. */

import { Problem } from "./http.js";

/* What comes of it when somebody would not, or it took too long. */
const DECLINED = ["NotAllowedError", "AbortError"];

let waiting = null;         /* a browser shows one at a time */


/* They want https, or localhost, and a name: an address has none. */
export function hasPasskeys() {
    return isSecureContext && "PublicKeyCredential" in globalThis
        && !/^[\d.]+$|^\[/.test(location.hostname);
}


/* Does this browser offer them where an address is typed? */
export async function fillsPasskeys() {
    return hasPasskeys()
        && await PublicKeyCredential.isConditionalMediationAvailable?.()
        === true;
}


/* PublicKeyCredentialCreationOptionsJSON -> RegistrationResponseJSON; null: he
   would not. */
export function createPasskey(options) {
    return asked("create", {
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON?.(options)
            ?? { ...options, challenge: bytes(options.challenge),
                 user: { ...options.user, id: bytes(options.user.id) },
                 excludeCredentials: descriptors(options.excludeCredentials) },
    });
}


/* PublicKeyCredentialRequestOptionsJSON -> AuthenticationResponseJSON; null: he
   would not. With `signal` it waits until he chooses one where he types. */
export async function showPasskey(options, signal) {
    if (signal?.aborted) {
        return null;
    }
    return asked("get", {
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON?.(options)
            ?? { ...options, challenge: bytes(options.challenge),
                 allowCredentials: descriptors(options.allowCredentials) },
        ...signal ? { mediation: "conditional" } : {},
    }, signal);
}


/* The server knows none of this id: whoever keeps it need not offer it again. */
export function forgetPasskey({ rpId }, { id: credentialId }) {
    PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId })
        .catch(() => {});
}


async function asked(way, options, signal) {
    waiting?.abort();
    const own = new AbortController();

    waiting = own;
    signal?.addEventListener("abort", () => own.abort(), { once: true });
    try {
        const made = await navigator.credentials[way]({
            ...options, signal: own.signal });

        return made.toJSON ? made.toJSON() : json(made);
    } catch (error) {
        if (DECLINED.includes(error.name)) {
            return null;
        }
        throw Problem.local(error.name === "InvalidStateError"
            ? "passkey-known" : "passkey-failed");
    } finally {
        if (waiting === own) {
            waiting = null;
        }
    }
}


/* What browsers of before 2025 do not do by themselves. */

function json({ id, type, response, authenticatorAttachment }) {
    const parts = ["clientDataJSON", "attestationObject", "authenticatorData",
                   "signature", "userHandle"]
        .filter((name) => response[name])
        .map((name) => [name, text(response[name])]);

    return {
        id, rawId: id, type, authenticatorAttachment,
        clientExtensionResults: {},
        response: { ...Object.fromEntries(parts),
                    transports: response.getTransports?.() ?? [] },
    };
}


const descriptors = (list) => list.map((one) => ({ ...one,
                                                   id: bytes(one.id) }));

const bytes = (base64url) => Uint8Array.from(
    atob(base64url.replaceAll("-", "+").replaceAll("_", "/")),
    (letter) => letter.charCodeAt(0));

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
