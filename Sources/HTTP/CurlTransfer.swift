import CCurl
import Domain
import Glibc

/// One easy handle: its options, its callbacks, and what they have seen. Lives on the loop's thread only.
final class CurlTransfer {
  let easy: UnsafeMutableRawPointer
  let order: TransferOrder
  var watch: ProgressWatch
  /// Whether it waits for the budget that it shares, or is held back.
  private(set) var isResting = false

  private var parser: HeadParser
  private var head: HTTPHead?
  private var bodyBytes: Int64 = 0
  /// What a callback stopped the transfer for.
  private var failure: (any Error)?
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var hostList: UnsafeMutablePointer<curl_slist>?
  private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private let clock: LoopClock
  /// Whether it has a connection of its own for certain.
  private let isFresh: Bool
  /// The address that is used because the name server failed; nil for what it says.
  private let address: String?
  /// The connections that it has begun.
  private var attempts: [ConnectionAttempt] = []

  /// Bytes above which the ratio of compression is looked at, and the ratio that no honest JSON reaches.
  private static let bombFloor: Int64 = 1 << 20
  private static let bombRatio: Int64 = 200

  /// - Parameters:
  ///   - family: the only addresses to try; nil for those that the configuration says.
  ///   - isFresh: whether neither a kept connection nor a remembered name is good enough.
  ///   - address: where the host is, whatever the name server says.
  init?(
    _ order: TransferOrder, configuration: HTTPClient.Configuration, clock: LoopClock,
    family: FamilyMemory.Family? = nil, isFresh: Bool = false, address: String? = nil
  ) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.order = order
    self.clock = clock
    self.isFresh = isFresh
    self.address = address
    watch = ProgressWatch(limits: order.request.limits, now: clock.now)
    parser = HeadParser(url: order.request.url)
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setSafety(configuration)
    setConnection(configuration, family)
    setRequest(order.request, configuration: configuration)
    setCallbacks()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    curl_slist_free_all(hostList)
    message.deallocate()
  }

  /// The head, or the error that the caller gets, once curl has said how the transfer ended.
  func outcome(_ code: CURLcode) -> Result<HTTPHead, any Error> {
    if let failure { return .failure(failure) }
    guard code == CURLE_OK else {
      let text = String(cString: message)
      return .failure(error(kind(code), text.isEmpty ? String(cString: curl_easy_strerror(code)) : text))
    }
    guard let head else { return .failure(error(.malformed, "no head")) }
    return .success(head)
  }

  func error(_ kind: HTTPError.Kind, _ detail: String = "") -> HTTPError {
    HTTPError(kind, at: order.request.url, detail: detail)
  }

  /// Whether a kept connection swallowed the request before a byte came back: the server had given it up, which is
  /// nobody's failure.
  func wasSwallowed(_ code: CURLcode) -> Bool {
    failure == nil && head == nil && bodyBytes == 0 && !isFresh && order.request.method != .post
      && Self.kind(code) == .reset && hubwatch_curl_new_connections(easy) == 0
  }

  /// Whether no name server said where the host is, so that an old address is worth a try.
  func hasNoAddress(_ code: CURLcode) -> Bool {
    failure == nil && address == nil && code == CURLE_COULDNT_RESOLVE_HOST
  }

  /// Notes how far it is.
  func notePhase() {
    let phase: ProgressWatch.Phase =
      switch hubwatch_curl_phase(easy) {
      case 0: .resolve
      // curl itself tells of the connection only after the handshake.
      case 1: attempts.contains(where: \.isConnected) ? .handshake : .connect
      default: .answer
      }
    watch.entered(phase, now: clock.now)
  }

  /// Tells the memory which addresses led somewhere.
  func teach(_ memory: inout FamilyMemory) {
    guard !attempts.isEmpty else { return }
    let worked = FamilyMemory.Family(hubwatch_curl_family(easy))
    memory.learn(order.request.url.origin, tried: Set(attempts.compactMap(\.family)), worked: worked, now: clock.now)
  }

  /// Tells the memory where the host was reached.
  func teach(_ memory: inout AddressMemory) {
    guard address == nil, hubwatch_curl_new_connections(easy) > 0, let text = hubwatch_curl_primary_address(easy) else {
      return
    }
    memory.learn(order.request.url.origin, address: String(cString: text), now: clock.now)
  }

  private func kind(_ code: CURLcode) -> HTTPError.Kind {
    switch hubwatch_curl_connect_status(easy) {
    case 407: .proxyAuthentication
    // The proxy itself did not get through, which may be otherwise in a moment.
    case 500...: .connect
    case 400...: .proxy
    default: Self.kind(code)
    }
  }

  private static func kind(_ code: CURLcode) -> HTTPError.Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .connect
    case CURLE_PROXY: .proxy
    case CURLE_OPERATION_TIMEDOUT: .timeout
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CERTPROBLEM:
      .certificate
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
      CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_SHUTDOWN_FAILED:
      .tls
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM: .reset
    case CURLE_PARTIAL_FILE: .truncated
    case CURLE_URL_MALFORMAT: .invalidRequest
    // Out of memory is how curl 7 speaks of a header line above its own limit of 100 KiB.
    case CURLE_FILESIZE_EXCEEDED, CURLE_OUT_OF_MEMORY: .tooLarge
    case CURLE_FAILED_INIT, CURLE_NOT_BUILT_IN: .unavailable
    default: .malformed
    }
  }
}

// MARK: - Options

extension CurlTransfer {
  private func set(_ option: CURLoption, _ value: Int) { _ = hubwatch_curl_set_long(easy, option, value) }
  private func set(_ option: CURLoption, _ value: String) {
    _ = hubwatch_curl_set_string(easy, option, value)
  }

  private func setSafety(_ configuration: HTTPClient.Configuration) {
    set(CURLOPT_NOSIGNAL, 1)
    // A transfer that ends while its name is being resolved does not wait for the resolver.
    set(CURLOPT_QUICK_EXIT, 1)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let file = configuration.certificateAuthorityFile {
      set(CURLOPT_CAINFO, file)
      set(CURLOPT_PROXY_CAINFO, file)
    }
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_BUFFERSIZE, 256 << 10)
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
  }

  private func setConnection(_ configuration: HTTPClient.Configuration, _ family: FamilyMemory.Family?) {
    set(CURLOPT_PROXY, configuration.proxy ?? "")
    if let credentials = configuration.proxyCredentials { set(CURLOPT_PROXYUSERPWD, credentials.revealed()) }
    set(CURLOPT_NOPROXY, configuration.proxyExceptions)
    let only: HTTPClient.Configuration.AddressFamily =
      switch family {
      case .ipv4: .ipv4
      case .ipv6: .ipv6
      case nil: configuration.addressFamily
      }
    set(CURLOPT_IPRESOLVE, only.curlValue)
    var hosts = configuration.hosts()
    if let address {
      let origin = order.request.url.origin
      // Forgotten as soon as a name from a name server would be.
      hosts.append("+\(origin.host):\(origin.port):\(address.contains(":") ? "[\(address)]" : address)")
    }
    if !hosts.isEmpty {
      for host in hosts { hostList = curl_slist_append(hostList, host) }
      _ = hubwatch_curl_set_list(easy, CURLOPT_RESOLVE, hostList)
    }
    if isFresh {
      set(CURLOPT_FRESH_CONNECT, 1)
      set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
    }
  }

  private func setRequest(_ request: HTTPRequest, configuration: HTTPClient.Configuration) {
    set(CURLOPT_URL, request.url.text)
    set(CURLOPT_USERAGENT, configuration.userAgent)
    // The watch is stricter, and says which part of it took so long.
    let connecting = request.limits.resolve + request.limits.connect + request.limits.handshake
    set(CURLOPT_CONNECTTIMEOUT_MS, Int(connecting / .milliseconds(1)) + 1000)
    set(
      CURLOPT_HTTP_VERSION,
      request.sharesConnection ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1))
    switch request.method {
    case .get: set(CURLOPT_HTTPGET, 1)
    case .head: set(CURLOPT_NOBODY, 1)
    case .post:
      set(CURLOPT_POST, 1)
      _ = hubwatch_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, request.body.count)
      // One byte more, since curl takes a null pointer for "ask the read callback".
      (request.body + [0]).withUnsafeBytes { bytes in
        // curl copies the bytes; its parameter is untyped and not const.
        let copy = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        _ = hubwatch_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, copy)
      }
    }
    // Small pieces where they are counted out: a rest is as long as the last piece was large.
    if request.budget?.isLimited ?? false { set(CURLOPT_BUFFERSIZE, 16 << 10) }
    var lines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    if let range = request.range { lines.append("Range: \(range.headerValue)") }
    switch request.encoding {
    case .identity: lines.append("Accept-Encoding: identity")
    case .gzip: set(CURLOPT_ACCEPT_ENCODING, "gzip")
    }
    lines.append("Expect:")
    for line in lines { headerList = curl_slist_append(headerList, line) }
    _ = hubwatch_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
  }

  private func setCallbacks() {
    // The loop keeps this object alive until curl has let go of the handle.
    let me = Unmanaged.passUnretained(self).toOpaque()
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
    _ = hubwatch_curl_set_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
      guard let me, let bytes else { return 0 }
      let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return Unmanaged<CurlTransfer>.fromOpaque(me).takeUnretainedValue().receive(line: line) ? line.count : 0
    }
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
    _ = hubwatch_curl_set_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
      guard let me, let bytes else { return 0 }
      let chunk = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return Unmanaged<CurlTransfer>.fromOpaque(me).takeUnretainedValue().receive(body: chunk)
        ? chunk.count : 0
    }
    _ = hubwatch_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
    _ = hubwatch_curl_set_open_socket(easy) { me, _, address in
      guard let me, let address else { return -1 }
      return Unmanaged<CurlTransfer>.fromOpaque(me).takeUnretainedValue().openSocket(address)
    }
  }
}

// MARK: - Callbacks: false, or a socket of -1, makes curl stop

extension CurlTransfer {
  private func receive(line: UnsafeRawBufferPointer) -> Bool {
    watch.received(line.count, now: clock.now)
    switch parser.receive(line: line) {
    case .more: return true
    case .complete(let head): return receive(head: head)
    case .tooLarge: return stop(error(.tooLarge, "more than \(HeadParser.byteLimit >> 10) KiB of headers"))
    case .malformed: return stop(error(.malformed, "a header line without a colon"))
    }
  }

  private func receive(head: HTTPHead) -> Bool {
    // A proxy in front of plain http says it in its own answer.
    if head.status == 407, order.usesProxy { return stop(error(.proxyAuthentication)) }
    self.head = head
    let wanted = order.request.encoding == .identity ? ["identity"] : ["identity", "gzip", "x-gzip"]
    if let foreign = head.headers.values("Content-Encoding").first(where: { !wanted.contains($0.lowercased()) }) {
      return stop(error(.malformed, "Content-Encoding \(foreign) was not asked for"))
    }
    do {
      try order.sink.receive(head: head)
      return true
    } catch {
      return stop(error)
    }
  }

  private func receive(body chunk: UnsafeRawBufferPointer) -> Bool {
    watch.received(chunk.count, now: clock.now)
    bodyBytes += Int64(chunk.count)
    if let limit = order.request.limits.body, bodyBytes > limit {
      return stop(error(.tooLarge, "more than \(ByteCount(limit).asMemory)"))
    }
    if order.request.encoding == .gzip, bodyBytes > Self.bombFloor,
      bodyBytes / max(1, Int64(hubwatch_curl_wire_bytes(easy))) > Self.bombRatio
    {
      return stop(error(.tooLarge, "it grows more than \(Self.bombRatio) times when it is decompressed"))
    }
    do {
      try order.sink.receive(bytes: chunk)
    } catch {
      return stop(error)
    }
    // Asked for in any case: every byte is counted.
    let isInDebt = order.request.budget?.take(chunk.count, now: clock.now) ?? false
    if isInDebt || order.request.backpressure?.isHeld ?? false {
      isResting = true
      curl_easy_pause(easy, CURLPAUSE_RECV)
    }
    return true
  }

  /// Goes on after a rest.
  func resume() {
    isResting = false
    watch.rested(now: clock.now)
    curl_easy_pause(easy, CURLPAUSE_CONT)
  }

  private func openSocket(_ address: UnsafePointer<curl_sockaddr>) -> Int32 {
    if order.request.refusesPrivateAddresses, !order.usesProxy {
      guard let wanted = hubwatch_curl_address(address), !PrivateAddress.contains(wanted) else {
        _ = stop(error(.privateAddress))
        return -1
      }
    }
    let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.pointee.family, kind, address.pointee.protocol)
    attempts.append(ConnectionAttempt(descriptor, to: address))
    return descriptor
  }

  private func stop(_ error: any Error) -> Bool {
    failure = error
    return false
  }
}
