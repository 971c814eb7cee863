// libcrypto's digests and HMAC, through the EVP interface (which picks SHA-NI where the processor has it).
#ifndef HUBWATCH_CCRYPTO_SHIM_H
#define HUBWATCH_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif
