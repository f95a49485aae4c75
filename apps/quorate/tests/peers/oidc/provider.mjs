// A certified OpenID provider as a process of its own. It listens on a free port of this machine and prints one line of
// JSON about itself. The name that somebody signs in with says who they are and what is vouched for:
//   ada@example.com             the subject is ada, the address is confirmed
//   unverified-eve@example.com  the address is not confirmed
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

/** With letters that have to be encoded. */
const SECRET = "a secret: with + / and % in it";
const redirects = (process.env.OIDC_REDIRECT_URIS ?? "")
  .split(" ")
  .filter(Boolean);
const methods = (
  process.env.OIDC_CLIENT_AUTH ?? "client_secret_basic client_secret_post none"
).split(" ");
const clients = [
  ["quorate-post", "client_secret_post"],
  ["quorate-basic", "client_secret_basic"],
  ["quorate-public", "none"],
]
  .filter(([, method]) => methods.includes(method))
  .map(([client_id, token_endpoint_auth_method]) => ({
    client_id,
    client_secret: token_endpoint_auth_method === "none" ? undefined : SECRET,
    token_endpoint_auth_method,
    redirect_uris: redirects,
    response_types: ["code"],
    grant_types: ["authorization_code"],
  }));

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients,
  clientAuthMethods: methods,
  cookies: { keys: [randomBytes(32).toString("hex")] },
  pkce: { required: () => true },
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "locale"],
  },
  // With this the address is in the user information only, as the standard has it.
  conformIdTokenClaims: true,
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id.split("@")[0],
      email: id,
      email_verified: !id.startsWith("unverified-"),
      name: "Ada Byron",
      locale: "es",
    }),
  }),
  // Whoever signs in has agreed.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({
      accountId: oidc.session.accountId,
      clientId: oidc.client.clientId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const page = (uid) => `<!doctype html><html lang="en"><title>Sign in</title>
<form method="post" action="/interaction/${uid}"><label>Account <input name="login" autofocus></label>
<button>Sign in</button> <button name="abort" value="1">Cancel</button></form></html>`;

async function interaction(request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method !== "POST") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(page(uid));
    return;
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const form = new URLSearchParams(body);
  const result = form.has("abort")
    ? { error: "access_denied", error_description: "<script>alert(1)</script>" }
    : { login: { accountId: form.get("login") } };
  await provider.interactionFinished(request, response, result, {
    mergeWithLastSubmission: false,
  });
}

const callback = provider.callback();
server.on("request", (request, response) => {
  if (!request.url.startsWith("/interaction/"))
    return callback(request, response);
  interaction(request, response).catch((cause) => {
    response.statusCode = 500;
    response.end(String(cause));
  });
});
console.log(JSON.stringify({ issuer, client_secret: SECRET }));
// The tests hold the other end of the standard input: when they are gone, so is this.
process.stdin.resume().on("end", () => process.exit(0));
