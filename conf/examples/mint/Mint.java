/* Signs a link with the JDK alone:  java Mint.java PATH [SECONDS]

   SLUICE_KID and SLUICE_SECRET are "kid" and "k" of an oct key of the key set.
   (Quotes and backslashes in PATH would have to be escaped for JSON.) */
import static java.nio.charset.StandardCharsets.UTF_8;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Mint {
    public static void main(String[] args) throws Exception {
        var b64url = Base64.getUrlEncoder().withoutPadding();
        var secret = Base64.getUrlDecoder().decode(System.getenv("SLUICE_SECRET"));
        var exp = Instant.now().getEpochSecond() + Long.parseLong(args.length > 1 ? args[1] : "3600");
        var header = "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"%s\"}".formatted(System.getenv("SLUICE_KID"));
        var claims = "{\"path\":\"%s\",\"exp\":%d}".formatted(args[0], exp);

        var input = b64url.encodeToString(header.getBytes(UTF_8)) + "." + b64url.encodeToString(claims.getBytes(UTF_8));
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        System.out.println(input + "." + b64url.encodeToString(mac.doFinal(input.getBytes(UTF_8))));
    }
}
