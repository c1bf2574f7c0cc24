//! Tokens: the secret is made here, before the transaction, and goes to nobody but the first caller.

use crate::app::{
    seal,
    token::{Made, create, revoke, rotate},
};
use bytes::Bytes;
use crossdock_core::Result;
use crossdock_identity::{NewToken, random};
use crossdock_proto::governance::{
    CreateTokenRequest, CreateTokenResponse, RevokeTokenRequest, RevokeTokenResponse, RotateTokenRequest, RotateTokenResponse, Token,
};
use crossdock_records::{Origin, Policy};
use crossdock_rpc::{Caller, Handle, once};
use crossdock_store::Tx;
use std::{sync::Arc, time::Duration};

/// Between two looks at what other processes have changed.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes a token.
///
/// # Errors
/// What [`create`] refuses.
pub async fn created(handle: &Handle, caller: Caller, asked: CreateTokenRequest) -> Result<CreateTokenResponse> {
    let new = Arc::new(NewToken::make()?);
    let made = Arc::clone(&new);
    let verb = move |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &CreateTokenRequest| {
        let token = create(tx, policy, origin, asked, &Made { id: &made.id, hash: &made.hash })?;
        Ok(CreateTokenResponse { token: Some(token), secret: String::new() })
    };
    let answer = once(handle, caller, ("CreateToken", asked.request_id.clone(), asked), verb).await?;
    handle.reload().await?;
    Ok(CreateTokenResponse { secret: secret(answer.token.as_ref(), &new), ..answer })
}

/// Makes a token that takes the place of another.
///
/// # Errors
/// What [`rotate`] refuses.
pub async fn rotated(handle: &Handle, caller: Caller, asked: RotateTokenRequest) -> Result<RotateTokenResponse> {
    let new = Arc::new(NewToken::make()?);
    let made = Arc::clone(&new);
    let verb = move |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &RotateTokenRequest| {
        let token = rotate(tx, policy, origin, asked, &Made { id: &made.id, hash: &made.hash })?;
        Ok(RotateTokenResponse { token: Some(token), secret: String::new() })
    };
    let answer = once(handle, caller, ("RotateToken", asked.request_id.clone(), asked), verb).await?;
    handle.reload().await?;
    Ok(RotateTokenResponse { secret: secret(answer.token.as_ref(), &new), ..answer })
}

/// Ends a token.
///
/// # Errors
/// What [`revoke`] refuses.
pub async fn revoked(handle: &Handle, caller: Caller, asked: RevokeTokenRequest) -> Result<RevokeTokenResponse> {
    let verb = |tx: &mut Tx<'_>, _: &Policy, origin: &Origin, asked: &RevokeTokenRequest| {
        Ok(RevokeTokenResponse { token: Some(revoke(tx, origin, asked)?) })
    };
    let answer = once(handle, caller, ("RevokeToken", asked.request_id.clone(), asked), verb).await?;
    handle.reload().await?;
    Ok(answer)
}

/// The new secret, if the token of the answer is the new one and not one of an answer before.
fn secret(answered: Option<&Token>, new: &NewToken) -> String {
    answered.filter(|token| token.id == new.id).map_or_else(String::new, |_| new.secret.expose().to_owned())
}

/// Makes the secret by which the suite seals, if there is none; then keeps up with what other processes change.
#[expect(clippy::disallowed_methods, reason = "a busy store need not be looked at more often")]
pub async fn run(handle: Handle) {
    let mut head = handle.store.head();
    loop {
        if let Err(error) = keep_up(&handle).await {
            tracing::warn!(%error, "tokens and seals could not be read; it is tried again");
        }
        tokio::time::sleep(PAUSE).await;
        if head.changed().await.is_err() {
            return;
        }
    }
}

async fn keep_up(handle: &Handle) -> Result<()> {
    let sealed = handle.seal.borrow().is_some();
    if !sealed {
        let key = Bytes::copy_from_slice(&random::<32>()?);
        handle.store.write("seal", move |tx| seal::keep(tx, &key)).await?;
    }
    handle.reload().await
}
