import CCurl

extension HTTPClient {
  /// The version of the libcurl that is in use.
  public static var libraryVersion: String {
    curl_version_info(CURLVERSION_FIRST).map { String(cString: $0.pointee.version) } ?? "unknown"
  }

  /// The name and version of the TLS library behind it, such as `OpenSSL/3.0.17`.
  public static var tlsVersion: String {
    guard let text = curl_version_info(CURLVERSION_FIRST)?.pointee.ssl_version else { return "none" }
    return String(cString: text)
  }
}
