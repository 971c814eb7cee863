import CCurl
import Domain

/// One mail in libcurl's hands: its options, its callbacks, and what they have seen. Lives on one thread.
final class MailTransfer {
  private let easy: UnsafeMutableRawPointer
  private let configuration: MailClient.Configuration
  private let message: [UInt8]
  private let willHandOver: @Sendable () -> Bool
  private let isCancelled: CancellationFlag
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var receivers: UnsafeMutablePointer<curl_slist>?

  /// Bytes that were handed to libcurl.
  private var position = 0
  private var hasBegun = false
  /// The last line that the server said, but for its farewell.
  private var answer = ""

  init?(
    _ configuration: MailClient.Configuration, _ message: [UInt8], _ willHandOver: @escaping @Sendable () -> Bool,
    _ isCancelled: CancellationFlag
  ) {
    guard CurlLoop.isReady, let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.configuration = configuration
    self.message = message
    self.willHandOver = willHandOver
    self.isCancelled = isCancelled
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(receivers)
    errorText.deallocate()
  }

  /// Sends it, and comes back when that has ended.
  func perform(from sender: String, to addresses: [String]) -> MailClient.Outcome {
    setSafety()
    setCallbacks()
    set(CURLOPT_MAIL_FROM, "<\(sender)>")
    for address in addresses { receivers = curl_slist_append(receivers, "<\(address)>") }
    _ = hubwatch_curl_set_list(easy, CURLOPT_MAIL_RCPT, receivers)
    return outcome(curl_easy_perform(easy))
  }

  private func outcome(_ code: CURLcode) -> MailClient.Outcome {
    let status = Int(answer.prefix(3)) ?? 0
    if code == CURLE_OK { return .accepted(answer) }
    let reason = words(code, status)
    // From its last byte on the server may have taken it, unless it says no.
    if hasBegun, position == message.count, status < 400 { return .uncertain(reason) }
    if status >= 400 { return .failed(reason, isTransient: status < 500) }
    return .failed(reason, isTransient: Self.isTransient(code))
  }

  private func words(_ code: CURLcode, _ status: Int) -> String {
    if status >= 400, !answer.isEmpty { return "the server says: \(answer)" }
    switch code {
    case CURLE_USE_SSL_FAILED: return "the server offers no encryption (STARTTLS), and none goes without"
    case CURLE_LOGIN_DENIED: return "the server does not accept user and password"
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      return "the server's certificate is not trusted" + detail(code)
    case CURLE_COULDNT_RESOLVE_HOST: return "the server's name cannot be resolved"
    case CURLE_COULDNT_CONNECT: return "no connection to the server"
    case CURLE_OPERATION_TIMEDOUT: return "the server took too long"
    case CURLE_ABORTED_BY_CALLBACK:
      return isCancelled.isSet ? "it was cancelled" : "its sending could not be noted down"
    default: return String(HTTPText.presentable(detail(code).drop { ": ".contains($0) }))
    }
  }

  private func detail(_ code: CURLcode) -> String {
    let text = String(cString: errorText)
    return ": " + HTTPText.presentable(text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
  }

  private static func isTransient(_ code: CURLcode) -> Bool {
    switch code {
    // A wrong certificate may be that of the hotel's network.
    case CURLE_USE_SSL_FAILED, CURLE_LOGIN_DENIED, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: false
    default: true
    }
  }

  // MARK: - Options

  private func set(_ option: CURLoption, _ value: Int) { _ = hubwatch_curl_set_long(easy, option, value) }
  private func set(_ option: CURLoption, _ value: String) { _ = hubwatch_curl_set_string(easy, option, value) }
  private func set(_ option: CURLoption, _ value: Duration) { set(option, Int(value / .milliseconds(1))) }

  private func setSafety() {
    set(CURLOPT_URL, configuration.address)
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_USE_SSL, Int((configuration.allowsPlainText ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue))
    if let file = configuration.certificateAuthorityFile { set(CURLOPT_CAINFO, file) }
    if let user = configuration.user {
      set(CURLOPT_USERNAME, user)
      set(CURLOPT_PASSWORD, configuration.password?.revealed() ?? "")
    }
    set(CURLOPT_PROXY, "")
    set(CURLOPT_IPRESOLVE, configuration.addressFamily.curlValue)
    set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectLimit)
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, Int(configuration.answerLimit / .seconds(1))))
    set(CURLOPT_TIMEOUT_MS, configuration.totalLimit)
    set(CURLOPT_UPLOAD, 1)
    _ = hubwatch_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, message.count)
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
  }

  private func setCallbacks() {
    // `perform` keeps this object alive until curl has let go of the handle.
    let me = Unmanaged.passUnretained(self).toOpaque()
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_READDATA, me)
    _ = hubwatch_curl_set_data_function(easy, CURLOPT_READFUNCTION) { bytes, size, count, me in
      guard let me, let bytes else { return hubwatch_curl_read_abort() }
      let room = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
      return Unmanaged<MailTransfer>.fromOpaque(me).takeUnretainedValue().read(into: room)
    }
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
    _ = hubwatch_curl_set_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
      guard let me, let bytes else { return 0 }
      let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
      Unmanaged<MailTransfer>.fromOpaque(me).takeUnretainedValue().heard(line)
      return line.count
    }
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_XFERINFODATA, me)
    _ = hubwatch_curl_set_progress(easy) { me, _, _, _, _ in
      guard let me else { return 0 }
      return Unmanaged<MailTransfer>.fromOpaque(me).takeUnretainedValue().isCancelled.isSet ? 1 : 0
    }
    set(CURLOPT_NOPROGRESS, 0)
  }

  private func read(into room: UnsafeMutableRawBufferPointer) -> Int {
    if !hasBegun {
      guard willHandOver() else { return hubwatch_curl_read_abort() }
      hasBegun = true
    }
    let count = min(room.count, message.count - position)
    message.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count])) }
    position += count
    return count
  }

  private func heard(_ line: UnsafeRawBufferPointer) {
    let text = String(decoding: line.prefix(500).filter { $0 != 13 && $0 != 10 }, as: UTF8.self)
    if !text.isEmpty, !text.hasPrefix("221") { answer = HTTPText.presentable(text) }
  }
}
