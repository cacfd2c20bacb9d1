/* The handshake (RFC 6455 section 4.2.2) of same_shape.c, with the SHA-1 and base64 that it takes. */

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void sha1(const unsigned char *text, size_t size, unsigned char digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char padded[128] = {0}; /* a key and its salt are 60 bytes: two blocks */
    memcpy(padded, text, size);
    padded[size] = 0x80;
    padded[126] = size >> 5, padded[127] = size << 3;
    for (int block = 0; block < 128; block += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++) {
            memcpy(&w[i], padded + block + 4 * i, 4);
            w[i] = ntohl(w[i]);
        }
        for (int i = 16; i < 80; i++)
            w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20   ? (b & c) | (~b & d)
                         : i < 40 ? b ^ c ^ d
                         : i < 60 ? (b & c) | (b & d) | (c & d)
                                  : b ^ c ^ d;
            static const uint32_t k[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
            uint32_t next = rotate(a, 5) + f + e + k[i / 20] + w[i];
            e = d, d = c, c = rotate(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 5; i++) {
        uint32_t part = htonl(h[i]);
        memcpy(digest + 4 * i, &part, 4);
    }
}

static int shake_hands(int socket) {
    char request[8192], text[64], accept[29] = {0};
    size_t have = 0;
    do {
        ssize_t got = recv(socket, request + have, sizeof request - 1 - have, 0);
        if (got <= 0)
            return 0;
        request[have += got] = 0;
    } while (!strstr(request, "\r\n\r\n"));
    char *key = strcasestr(request, "\r\nSec-WebSocket-Key:");
    if (!key)
        return 0;
    key += strlen("\r\nSec-WebSocket-Key:");
    key += strspn(key, " ");
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    unsigned char digest[21] = {0};
    sha1((unsigned char *)text, strlen(text), digest);
    static const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0, out = 0; i < 21; i += 3) {
        uint32_t bits = digest[i] << 16 | digest[i + 1] << 8 | digest[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            accept[out++] = letters[bits >> shift & 63];
    }
    accept[27] = '=';
    char answer[256];
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                        accept);
    return send(socket, answer, size, MSG_NOSIGNAL) == size;
}
