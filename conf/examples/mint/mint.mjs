/* Signs a link with jose (npm install jose):  mint.mjs PATH [SECONDS]

   SLUICE_KID and SLUICE_SECRET are "kid" and "k" of an oct key of the key
   set. */
import { base64url, SignJWT } from "jose";

const [path, seconds = "3600"] = process.argv.slice(2);
const { SLUICE_KID: kid, SLUICE_SECRET: secret } = process.env;

console.log(await new SignJWT({ path })
    .setProtectedHeader({ alg: "HS256", typ: "grant+jwt", kid })
    .setExpirationTime(`${seconds}s`)
    .sign(base64url.decode(secret)));
