/* tls.h: TLS under a stream, with OpenSSL 3: once the handshake is done, everything that is done with streams goes on as
 * before, encrypted. Copy it into your project; include it behind asyncio.h, in the files that need it.
 *
 *     cc -Iinclude tls_client.c -lssl -lcrypto -pthread
 */
#ifndef TLS_H
#define TLS_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

/* TLS_FAILED: the handshake or a record is not as it should be; ours or the peer's fault. TLS_NOT_TRUSTED: the peer's
 * certificate was not accepted. TLS_TRUNCATED: the connection ended without a close notification, so what was read may
 * not be all. */
enum {
    TLS_FAILED = ASYNC_USER_ERROR(7100),
    TLS_NOT_TRUSTED = ASYNC_USER_ERROR(7101),
    TLS_TRUNCATED = ASYNC_USER_ERROR(7102)
};

/* ---- below a stream: a socket that raises no SIGPIPE, and OpenSSL as the stream's driver ----------------------- */

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* there the stream has told the socket */
#endif

static inline int tls_socket_write_(BIO *bio, const char *data, int size)
{
    int fd = (int)BIO_get_fd(bio, NULL), n = (int)send(fd, data, (size_t)size, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (n < 0 && BIO_sock_should_retry(n))
        BIO_set_retry_write(bio);
    return n;
}

static inline BIO *tls_socket_(int fd)
{
    static BIO_METHOD *method; /* of the first; if two threads are first, one is lost */
    const BIO_METHOD *usual = BIO_s_socket();
    BIO_METHOD *made;
    BIO *bio;
    if (method == NULL && (made = BIO_meth_new(BIO_TYPE_SOCKET, "socket without SIGPIPE")) != NULL) {
        BIO_meth_set_write(made, tls_socket_write_);
        BIO_meth_set_read(made, BIO_meth_get_read(usual));
        BIO_meth_set_ctrl(made, BIO_meth_get_ctrl(usual));
        BIO_meth_set_create(made, BIO_meth_get_create(usual));
        BIO_meth_set_destroy(made, BIO_meth_get_destroy(usual));
        method = made;
    }
    bio = method == NULL ? NULL : BIO_new(method);
    if (bio != NULL)
        BIO_set_fd(bio, fd, BIO_NOCLOSE);
    return bio;
}

/* What came of a call of OpenSSL's: 0 also at the end of the stream. */
static inline async_status tls_status_(SSL *ssl, int result)
{
    int error = errno;
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_NONE:
    case SSL_ERROR_ZERO_RETURN:
        return ASYNC_OK;
    case SSL_ERROR_WANT_READ:
        return ASYNC_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return ASYNC_WANTS_WRITE;
    case SSL_ERROR_SYSCALL:
        return error != 0 ? -error : (int)TLS_TRUNCATED;
    default:
        return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? TLS_TRUNCATED : TLS_FAILED;
    }
}

static inline ptrdiff_t tls_read_(void *context, void *buffer, size_t size)
{
    SSL *ssl = (SSL *)context;
    size_t n = 0;
    int result;
    ERR_clear_error();
    errno = 0;
    result = SSL_read_ex(ssl, buffer, size, &n);
    return result == 1 ? (ptrdiff_t)n : tls_status_(ssl, result);
}

static inline ptrdiff_t tls_write_(void *context, const void *data, size_t size)
{
    SSL *ssl = (SSL *)context;
    size_t n = 0;
    int result;
    ERR_clear_error();
    errno = 0;
    result = SSL_write_ex(ssl, data, size, &n);
    return result == 1 ? (ptrdiff_t)n : tls_status_(ssl, result);
}

static inline async_status tls_write_eof_(void *context)
{
    SSL *ssl = (SSL *)context;
    int result;
    ERR_clear_error();
    errno = 0;
    result = SSL_shutdown(ssl); /* 0: told, and the peer has not told us; nobody needs to wait for that */
    return result >= 0 ? ASYNC_OK : tls_status_(ssl, result);
}

static inline void tls_close_(void *context) { SSL_free((SSL *)context); }

static const async_stream_driver tls_driver = { tls_read_, tls_write_, tls_write_eof_, tls_close_ };

/* ---- contexts -------------------------------------------------------------------------------------------------- */

static inline SSL_CTX *tls_context_(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context != NULL) {
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
        (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    }
    return context;
}

/* tls_client_context: for clients, who trust what ca_file (PEM) trusts; NULL: what the system trusts. NULL without memory
 * or such a file. SSL_CTX_free() is its end; connections keep what they need. */
static inline SSL_CTX *tls_client_context(const char *ca_file)
{
    SSL_CTX *context = tls_context_(TLS_client_method());
    if (context == NULL)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if ((ca_file != NULL ? SSL_CTX_load_verify_file(context, ca_file) : SSL_CTX_set_default_verify_paths(context)) == 1)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static inline int tls_choose_(SSL *ssl, const unsigned char **chosen, unsigned char *size, const unsigned char *offered,
    unsigned offered_size, void *protocols)
{
    unsigned char *found = NULL;
    (void)ssl;
    if (SSL_select_next_proto(&found, size, (const unsigned char *)protocols,
            (unsigned)strlen((const char *)protocols), offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/* tls_server_context: for servers, with a certificate (and its chain) and its key, PEM files. alpn: the protocols it
 * speaks, best first, each behind its length: "\2h2\10http/1.1", kept; NULL: any. A client who offers only others is refused. */
static inline SSL_CTX *tls_server_context(const char *certificate, const char *key, const char *alpn)
{
    SSL_CTX *context = tls_context_(TLS_server_method());
    if (context == NULL)
        return NULL;
    if (alpn != NULL)
        SSL_CTX_set_alpn_select_cb(context, tls_choose_, (void *)(uintptr_t)alpn);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

/* tls_of: the stream's connection, for SSL_get_version(), SSL_get0_alpn_selected(), SSL_get_servername(), ...; NULL before
 * the handshake. It is freed with the stream. */
static inline SSL *tls_of(const async_stream *stream)
{
    return (SSL *)async_stream_driver_context(stream, &tls_driver);
}

/* ---- handshakes ------------------------------------------------------------------------------------------------ */

/* await(tls_connect, .stream = &s, .context = c, .host = "example.org", .alpn = "\2h2\10http/1.1", .reason = &why): makes
 * an open stream a TLS client's. The host, a name (which is sent as SNI) or an address, must be the certificate's.
 * await(tls_accept, .stream = s, .context = c, .reason = &why): makes it a server's.
 * TLS_NOT_TRUSTED, TLS_FAILED, TLS_TRUNCATED, -errno, NO_MEMORY, and INVALID_STATE with plain text under way; *reason is
 * then a static text that says more, or NULL. After a failure or a cancel the stream is good for nothing but to be closed. */
struct tls_handshake_ {
    async_frame frame;
    async_stream *stream;
    SSL *ssl;
    const char **reason;
    async_status status;
};

async(tls_handshake_)
{
    async_begin;
    if (async_stream_get_write_buffer_size(self->stream) > 0)
        async_raise(ASYNC_INVALID_STATE);
    for (;;) {
        ERR_clear_error();
        errno = 0;
        self->status = tls_status_(self->ssl, SSL_do_handshake(self->ssl));
        if (self->status == ASYNC_WANTS_READ)
            await(async_fd_readable, .fd = async_stream_fileno(self->stream));
        else if (self->status == ASYNC_WANTS_WRITE)
            await(async_fd_writable, .fd = async_stream_fileno(self->stream));
        else
            break;
    }
    if (self->status == TLS_FAILED && self->reason != NULL)
        *self->reason = ERR_reason_error_string(ERR_peek_error());
    if (self->status == TLS_FAILED && SSL_get_verify_result(self->ssl) != X509_V_OK) {
        self->status = TLS_NOT_TRUSTED;
        if (self->reason != NULL)
            *self->reason = X509_verify_cert_error_string(SSL_get_verify_result(self->ssl));
    }
    if (self->status == ASYNC_OK)
        self->status = SSL_is_init_finished(self->ssl)
            ? async_stream_set_driver(self->stream, &tls_driver, self->ssl) : (int)TLS_TRUNCATED;
    if (self->status < 0)
        async_raise(self->status);
    self->ssl = NULL; /* the stream's now */
    async_finally;
    SSL_free(self->ssl);
    async_end;
}

static inline SSL *tls_new_(SSL_CTX *context, const async_stream *stream)
{
    SSL *ssl = SSL_new(context);
    BIO *bio = ssl == NULL ? NULL : tls_socket_(async_stream_fileno(stream));
    if (bio != NULL) {
        SSL_set_bio(ssl, bio, bio);
        return ssl;
    }
    SSL_free(ssl);
    return NULL;
}

struct tls_connect {
    async_frame frame;
    async_stream *stream;
    SSL_CTX *context;
    const char *host, *alpn, **reason;
};

async(tls_connect)
{
    SSL *ssl;
    ASN1_OCTET_STRING *address;
    async_begin;
    ssl = tls_new_(self->context, self->stream);
    if (ssl == NULL)
        async_raise(ASYNC_NO_MEMORY);
    SSL_set_connect_state(ssl);
    address = a2i_IPADDRESS(self->host);
    if (SSL_set1_host(ssl, self->host) != 1 ||
        (address == NULL && SSL_set_tlsext_host_name(ssl, self->host) != 1) ||
        (self->alpn != NULL &&
            SSL_set_alpn_protos(ssl, (const unsigned char *)self->alpn, (unsigned)strlen(self->alpn)) != 0)) {
        ASN1_OCTET_STRING_free(address);
        SSL_free(ssl);
        async_raise(ASYNC_INVALID_ARGUMENT);
    }
    ASN1_OCTET_STRING_free(address);
    await(tls_handshake_, .stream = self->stream, .ssl = ssl, .reason = self->reason);
    async_end;
}

struct tls_accept {
    async_frame frame;
    async_stream *stream;
    SSL_CTX *context;
    const char **reason;
};

async(tls_accept)
{
    SSL *ssl;
    async_begin;
    ssl = tls_new_(self->context, self->stream);
    if (ssl == NULL)
        async_raise(ASYNC_NO_MEMORY);
    SSL_set_accept_state(ssl);
    await(tls_handshake_, .stream = self->stream, .ssl = ssl, .reason = self->reason);
    async_end;
}

#endif
