extension Card {
  /// Name, class (consumer, workstation, data centre or unified), memory in MiB, bandwidth in GB/s, multiprocessors of
  /// NVIDIA's, and PCI device ids of AMD's and Intel's.
  ///
  /// Sources: driver print-outs and vendors' data sheets for the memory, TechPowerUp's database for the bandwidth,
  /// NVIDIA's data sheets for the multiprocessors, the PCI ID repository (<https://pci-ids.ucw.cz>).
  static let table = """
    GeForce GTX 1060 6GB|c|6144|192.2|10|
    GeForce GTX 1070|c|8192|256.3|15|
    GeForce GTX 1080|c|8192|320.3|20|
    GeForce GTX 1080 Ti|c|11264|484.4|28|
    GeForce GTX 1650|c|4096|128.1|14|
    GeForce GTX 1660 SUPER|c|6144|336.0|22|
    GeForce GTX 1660 Ti|c|6144|288.0|24|
    GeForce RTX 2060|c|6144|336.0|30|
    GeForce RTX 2060 12GB|c|12288|336.0|34|
    GeForce RTX 2070|c|8192|448.0|36|
    GeForce RTX 2070 SUPER|c|8192|448.0|40|
    GeForce RTX 2080|c|8192|448.0|46|
    GeForce RTX 2080 SUPER|c|8192|495.9|48|
    GeForce RTX 2080 Ti|c|11264|616.0|68|
    TITAN RTX|c|24576|672.0|72|
    TITAN V|c|12288|651.3|80|
    GeForce RTX 3050 8GB|c|8192|224.0|20|
    GeForce RTX 3060 12GB|c|12288|360.0|28|
    GeForce RTX 3060 Ti|c|8192|448.0|38|
    GeForce RTX 3070|c|8192|448.0|46|
    GeForce RTX 3070 Ti|c|8192|608.3|48|
    GeForce RTX 3080 10GB|c|10240|760.3|68|
    GeForce RTX 3080 12GB|c|12288|912.4|70|
    GeForce RTX 3080 Ti|c|12288|912.4|80|
    GeForce RTX 3090|c|24576|936.2|82|
    GeForce RTX 3090 Ti|c|24564|1010.0|84|
    GeForce RTX 4060|c|8188|272.0|24|
    GeForce RTX 4060 Ti 8GB|c|8188|288.0|34|
    GeForce RTX 4060 Ti 16GB|c|16380|288.0|34|
    GeForce RTX 4070|c|12282|504.2|46|
    GeForce RTX 4070 SUPER|c|12282|504.2|56|
    GeForce RTX 4070 Ti|c|12282|504.2|60|
    GeForce RTX 4070 Ti SUPER|c|16376|672.3|66|
    GeForce RTX 4080|c|16376|716.8|76|
    GeForce RTX 4080 SUPER|c|16376|736.3|80|
    GeForce RTX 4090|c|24564|1010.0|128|
    GeForce RTX 5060|c|8151|448.0|30|
    GeForce RTX 5060 Ti 16GB|c|16311|448.0|36|
    GeForce RTX 5070|c|12227|672.0|48|
    GeForce RTX 5070 Ti|c|16303|896.0|70|
    GeForce RTX 5080|c|16303|960.0|84|
    GeForce RTX 5090|c|32607|1790.0|170|
    RTX A2000 12GB|w|12282|288.0|26|
    RTX A4000|w|16376|448.0|48|
    RTX A4500|w|20470|640.0|56|
    RTX A5000|w|24564|768.0|64|
    RTX A5500|w|24564|768.0|80|
    RTX A6000|w|49140|768.0|84|
    RTX 2000 Ada|w|16380|256.0|22|
    RTX 4000 Ada|w|20475|360.0|48|
    RTX 4500 Ada|w|24570|432.0|60|
    RTX 5000 Ada|w|32760|576.0|100|
    RTX 6000 Ada|w|49140|960.0|142|
    Quadro RTX 6000|w|24576|672.0|72|
    Quadro RTX 8000|w|49152|672.0|72|
    RTX PRO 6000 Blackwell Workstation|w|97887|1790.0|188|
    Tesla M40 24GB|d|24576|288.4|24|
    Tesla P4|d|7680|192.3|20|
    Tesla P40|d|24576|347.1|30|
    Tesla P100 PCIe 16GB|d|16384|732.2|56|
    Tesla V100 SXM2 16GB|d|16384|898.0|80|
    Tesla V100 SXM2 32GB|d|32768|898.0|80|
    Tesla T4|d|15360|320.0|40|
    A2|d|15356|200.1|10|
    A10|d|23028|600.2|72|
    A10G|d|23028|600.2|72|
    A30|d|24576|933.1|56|
    A40|d|46068|695.8|84|
    A100 SXM4 40GB|d|40960|1560.0|108|
    A100 PCIe 40GB|d|40960|1560.0|108|
    A100 SXM4 80GB|d|81920|2040.0|108|
    A100 PCIe 80GB|d|81920|1940.0|108|
    L4|d|23034|300.1|58|
    L40|d|46068|864.0|142|
    L40S|d|46068|864.0|142|
    H100 PCIe 80GB|d|81559|2040.0|114|
    H100 SXM5 80GB|d|81559|3360.0|132|
    H100 NVL 94GB|d|95830|3940.0|132|
    H200 SXM 141GB|d|143771|4890.0|132|
    B200 180GB|d|183359|8000.0|148|
    GB10 (DGX Spark)|u|131072|273.2|48|
    Radeon RX 580 8GB|c|8176|256.0||67df
    Radeon RX 5700 XT|c|8176|448.0||731f
    Radeon RX 6600 XT|c|8176|256.0||73ff
    Radeon RX 6700 XT|c|12272|384.0||73df
    Radeon RX 6800|c|16368|512.0||73bf
    Radeon RX 6800 XT|c|16368|512.0||73bf
    Radeon RX 6900 XT|c|16368|512.0||73bf
    Radeon RX 7600|c|8176|288.0||7480
    Radeon RX 7700 XT|c|12272|432.0||747e
    Radeon RX 7800 XT|c|16368|624.1||747e
    Radeon RX 7900 XT|c|20464|800.0||744c
    Radeon RX 7900 XTX|c|24560|960.0||744c
    Radeon RX 9060 XT 16GB|c|16368|322.3||7590
    Radeon RX 9070|c|16368|644.6||7550
    Radeon RX 9070 XT|c|16368|644.6||7550
    Radeon Pro W6800|w|32752|512.0||73a3;73ab
    Radeon Pro W7900|w|49136|864.0||7448
    Instinct MI50 32GB|d|32752|1020.0||66a1
    Instinct MI60|d|32752|1020.0||
    Instinct MI100|d|32752|1230.0||738c
    Instinct MI210|d|65520|1640.0||740f
    Instinct MI250X|d|131056|3280.0||7408
    Instinct MI300X|d|196592|10300.0||74a1;74a9;74b5;74bd
    Ryzen AI Max+ 395 (Radeon 8060S)|u|131072|256.0||1586
    Arc A380|c|6144|186.0||56a5
    Arc A580|c|8192|512.0||56a2
    Arc A750|c|8192|512.0||56a1
    Arc A770 16GB|c|16384|512.0||56a0
    Arc B570|c|10240|380.0||e20c
    Arc B580|c|12288|456.0||e20b
    Arc Pro B50|w|16384|224.0||e212
    Arc Pro B60|w|24576|456.0||e211
    Apple M1|u|16384|68.25||
    Apple M1 Pro|u|32768|204.8||
    Apple M1 Max|u|65536|409.6||
    Apple M1 Ultra|u|131072|819.2||
    Apple M2|u|24576|102.4||
    Apple M2 Pro|u|32768|204.8||
    Apple M2 Max|u|98304|409.6||
    Apple M2 Ultra|u|196608|819.2||
    Apple M3|u|24576|102.4||
    Apple M3 Pro|u|36864|153.6||
    Apple M3 Max|u|131072|409.6||
    Apple M3 Ultra|u|524288|819.2||
    Apple M4|u|32768|120||
    Apple M4 Pro|u|65536|273||
    Apple M4 Max|u|131072|546||
    """
}
