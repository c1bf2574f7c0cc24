//! Messages that hold a secret: their `Debug` does not show it.

use crate::governance::{CreateTokenResponse, RotateTokenResponse, SealKey};
use std::fmt::{Debug, Formatter, Result};

impl Debug for SealKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SealKey(***)")
    }
}

impl Debug for CreateTokenResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("CreateTokenResponse").field("token", &self.token).finish_non_exhaustive()
    }
}

impl Debug for RotateTokenResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("RotateTokenResponse").field("token", &self.token).finish_non_exhaustive()
    }
}
