// Typed doors to libcurl's variadic setters and getters, which Swift cannot call, and to its macro constants.
#ifndef HUBWATCH_CCURL_SHIM_H
#define HUBWATCH_CCURL_SHIM_H
#include <curl/curl.h>
#include <sys/socket.h>

static inline CURLcode hubwatch_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_ALL); }

static inline CURLcode hubwatch_curl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode hubwatch_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode hubwatch_curl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode hubwatch_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode hubwatch_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
  return curl_easy_setopt(easy, option, list);
}
static inline CURLcode hubwatch_curl_set_data_function(
    CURL *easy, CURLoption option, size_t (*function)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(easy, option, function);
}
static inline CURLcode hubwatch_curl_set_open_socket(
    CURL *easy, curl_socket_t (*function)(void *, curlsocktype, struct curl_sockaddr *)) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}
static inline CURLcode hubwatch_curl_set_progress(
    CURL *easy, int (*function)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)) {
  return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, function);
}
static inline CURLMcode hubwatch_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

// Body bytes that have arrived so far, before decompression.
static inline curl_off_t hubwatch_curl_wire_bytes(CURL *easy) {
  curl_off_t bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
  return bytes;
}
static inline curl_off_t hubwatch_curl_microseconds(CURL *easy, CURLINFO what) {
  curl_off_t time = 0;
  curl_easy_getinfo(easy, what, &time);
  return time;
}
// How far a transfer is: 0 while its name is looked up, 1 while it connects, 2 once its request may be sent.
static inline int hubwatch_curl_phase(CURL *easy) {
  if (hubwatch_curl_microseconds(easy, CURLINFO_PRETRANSFER_TIME_T) > 0) return 2;
  return hubwatch_curl_microseconds(easy, CURLINFO_NAMELOOKUP_TIME_T) > 0 ? 1 : 0;
}
// Connections that a transfer had to make: 0 when it used one that was there.
static inline long hubwatch_curl_new_connections(CURL *easy) {
  long count = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &count);
  return count;
}
// Whether a connection came about, and to which family of addresses: AF_INET, AF_INET6, or 0.
static inline int hubwatch_curl_family(CURL *easy) {
  const char *address = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
  if (!address || !*address || hubwatch_curl_microseconds(easy, CURLINFO_CONNECT_TIME_T) == 0) return 0;
  for (; *address; address++) if (*address == ':') return AF_INET6;
  return AF_INET;
}
// The address that a transfer was connected to; NULL when it was not.
static inline const char *hubwatch_curl_primary_address(CURL *easy) {
  const char *address = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
  return address && *address && hubwatch_curl_family(easy) ? address : NULL;
}
// What a read function returns to stop the transfer.
static inline size_t hubwatch_curl_read_abort(void) { return CURL_READFUNC_ABORT; }
// The status of the proxy's answer to CONNECT; 0 without one.
static inline long hubwatch_curl_connect_status(CURL *easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  return status;
}
// The address that a socket is about to be opened for (its field is a macro-shadowed struct in C).
static inline const struct sockaddr *hubwatch_curl_address(const struct curl_sockaddr *address) {
  return &address->addr;
}
// The result of a finished transfer; CURL_LAST for any other message.
static inline CURLcode hubwatch_curl_result(const CURLMsg *message) {
  return message->msg == CURLMSG_DONE ? message->data.result : CURL_LAST;
}
#endif
