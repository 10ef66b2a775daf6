/** What passkeys sign and answer, between the server's JSON and the bytes browsers want (WebAuthn level 3, section 5.1). */

/** Bytes of base64url. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Base64url of bytes. */
export function base64url(buffer: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function descriptors(known: PublicKeyCredentialDescriptorJSON[] | undefined): PublicKeyCredentialDescriptor[] {
  return (known ?? []).map(({ id, transports }) => ({
    type: "public-key",
    id: bytes(id),
    ...(transports ? { transports: transports as AuthenticatorTransport[] } : {}),
  }));
}

/** What `navigator.credentials.create` is given. */
export function toMake(options: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  return {
    ...(options as object as PublicKeyCredentialCreationOptions),
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  };
}

/** What `navigator.credentials.get` is given. */
export function toShow(options: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  return {
    ...(options as object as PublicKeyCredentialRequestOptions),
    challenge: bytes(options.challenge),
    allowCredentials: descriptors(options.allowCredentials),
  };
}

/** What the browser answered, as the server reads it. */
export function answered(credential: PublicKeyCredential): string {
  const given = credential.response as Partial<AuthenticatorAttestationResponse & AuthenticatorAssertionResponse>;
  const response: Record<string, unknown> = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"] as const) {
    const value = given[name];
    if (value) response[name] = base64url(value);
  }
  if (given.getTransports) response["transports"] = given.getTransports();
  const { id, rawId, type } = credential;
  return JSON.stringify({ id, rawId: base64url(rawId), type, response });
}
