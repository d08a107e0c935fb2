// SPDX-License-Identifier: Apache-2.0
#include "controlchannel_p.h"
#include "patternexecution_p.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QLocalServer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <atomic>
#include <limits>
#include <memory>
#include <thread>

using namespace heddle;

// The channel between a run and its child process. The other end may crash in mid-sentence or
// send anything; this end must neither believe it nor fall with it.
class TestControlChannel : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QLocalServer> m_server;
    std::unique_ptr<ControlChannel> m_channel; // the end under test
    std::unique_ptr<QLocalSocket> m_peer;      // the other end, which may send anything
    QList<QJsonObject> m_received;
    int m_closed = 0;

    // Writes as much as the socket takes now; the event loop writes the rest.
    void sendRaw(const QByteArray &bytes)
    {
        QCOMPARE(m_peer->write(bytes), bytes.size());
        m_peer->flush();
    }
    static QByteArray line(const QJsonObject &message)
    {
        return QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n';
    }
    // Messages that were received, as numbers under "n".
    QList<int> numbers() const
    {
        QList<int> found;
        for (const QJsonObject &message : m_received)
            found << message.value("n").toInt(-1);
        return found;
    }

private Q_SLOTS:
    void init()
    {
        m_received.clear();
        m_closed = 0;
        m_folder = std::make_unique<QTemporaryDir>();
        m_server = std::make_unique<QLocalServer>();
        QVERIFY(m_server->listen(m_folder->filePath("control")));
        m_peer = std::make_unique<QLocalSocket>();
        m_peer->connectToServer(m_server->fullServerName());
        QVERIFY(m_peer->waitForConnected(10'000));
        QVERIFY(m_server->waitForNewConnection(10'000));
        m_channel = std::make_unique<ControlChannel>(m_server->nextPendingConnection());
        connect(m_channel.get(), &ControlChannel::received, this,
                [this](const QJsonObject &message) { m_received << message; });
        connect(m_channel.get(), &ControlChannel::closed, this, [this] { ++m_closed; });
    }
    void cleanup()
    {
        m_channel.reset();
        m_peer.reset();
        m_server.reset();
    }

    void aMessageSurvivesTheWayThere_data()
    {
        QTest::addColumn<QJsonObject>("message");
        QTest::newRow("empty") << QJsonObject();
        QTest::newRow("types") << QJsonObject{{"text", "a"},
                                              {"number", 1.5},
                                              {"large", qint64{9007199254740993}},
                                              {"yes", true},
                                              {"nothing", QJsonValue()},
                                              {"list", QJsonArray{1, "b"}},
                                              {"object", QJsonObject{{"c", 3}}}};
        QTest::newRow("line feeds") << QJsonObject{{"text", "one\ntwo\r\nthree\n"}};
        QTest::newRow("quotes") << QJsonObject{{"text", R"(a "quoted" \n back\slash)"}};
        QTest::newRow("other scripts") << QJsonObject{{"文本", "线程 äöü 🧵"}};
        QTest::newRow("control characters") << QJsonObject{{"text", QString(QChar(1)) + QChar(0)}};
        QTest::newRow("long") << QJsonObject{{"text", QString(900'000, 'x')}};
    }
    void aMessageSurvivesTheWayThere()
    {
        QFETCH(QJsonObject, message);
        ControlChannel other(m_peer.release());
        other.send(message);
        QTRY_COMPARE(m_received.size(), qsizetype{1});
        QCOMPARE(m_received[0], message);
    }

    void messagesGoBothWays()
    {
        ControlChannel other(m_peer.release());
        const QSignalSpy answers(&other, &ControlChannel::received);
        other.send({{"n", 1}});
        QTRY_COMPARE(numbers(), QList<int>{1});
        m_channel->send({{"n", 2}});
        QTRY_COMPARE(answers.size(), qsizetype{1});
        QCOMPARE(answers[0][0].toJsonObject(), (QJsonObject{{"n", 2}}));
    }

    void messagesKeepTheirOrder()
    {
        QList<int> expected;
        for (int n = 0; n < 5000; ++n) {
            sendRaw(line({{"n", n}}));
            expected << n;
            if (n % 100 == 0)
                QCoreApplication::processEvents();
        }
        QTRY_COMPARE(m_received.size(), expected.size());
        QCOMPARE(numbers(), expected);
    }

    void aRequestSurvivesTheWayThere()
    {
        ExecutionRequest request;
        request.pluginPath = "/a folder/ping-pong.so";
        request.patternId = "ping-pong";
        request.parameters = {{"rounds", 3}, {"who", "pong\n"}, {"loud", true}};
        request.faults = QStringList{"lost-ball", "two-balls"};
        request.seed = std::numeric_limits<quint64>::max(); // more than a JSON number holds
        request.recordingPath = "/a folder/recording";
        ControlChannel other(m_peer.release());
        other.send(request.toJson());
        QTRY_COMPARE(m_received.size(), qsizetype{1});
        const ExecutionRequest arrived = ExecutionRequest::fromJson(m_received[0]);
        QCOMPARE(arrived.pluginPath, request.pluginPath);
        QCOMPARE(arrived.patternId, request.patternId);
        QCOMPARE(arrived.parameters, request.parameters);
        QCOMPARE(arrived.faults, request.faults);
        QCOMPARE(arrived.seed, request.seed);
        QCOMPARE(arrived.recordingPath, request.recordingPath);
    }

    void aMessageInPiecesIsPutTogether()
    {
        const QByteArray bytes = line({{"n", 7}, {"text", "线程"}});
        for (qsizetype k = 0; k + 1 < bytes.size(); ++k) {
            sendRaw(bytes.sliced(k, 1));
            m_channel->readAvailable();
            QCoreApplication::processEvents();
        }
        QVERIFY(m_received.isEmpty()); // not before its end
        sendRaw("\n");
        QTRY_COMPARE(numbers(), QList<int>{7});
        QCOMPARE(m_received[0]["text"].toString(), "线程");
    }

    void manyMessagesInOnePieceAreTakenApart()
    {
        sendRaw(line({{"n", 1}}) + line({{"n", 2}}) + line({{"n", 3}}) + R"({"n":)");
        QTRY_COMPARE(numbers(), (QList<int>{1, 2, 3}));
        sendRaw("4}\n");
        QTRY_COMPARE(numbers(), (QList<int>{1, 2, 3, 4}));
        QCOMPARE(m_closed, 0);
    }

    void damagedInputEndsTheChannel_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no JSON") << QByteArray("hello\n");
        QTest::newRow("empty line") << QByteArray("\n");
        QTest::newRow("a list") << QByteArray("[1, 2]\n");
        QTest::newRow("a number") << QByteArray("7\n");
        QTest::newRow("cut short") << QByteArray("{\"n\": 1\n");
        QTest::newRow("too much") << QByteArray("{\"n\": 1} {\"n\": 2}\n");
        QTest::newRow("zeros") << QByteArray(16, '\0') + '\n';
        QTest::newRow("no UTF-8") << QByteArray("{\"n\": \"\xff\xfe\"}\n");
        QTest::newRow("deeply nested") << QByteArray(100'000, '[') + '\n';
        QTest::newRow("deeply nested objects") << QByteArray("{\"a\":").repeated(50'000) + '\n';
    }
    void damagedInputEndsTheChannel()
    {
        QFETCH(QByteArray, bytes);
        sendRaw(bytes);
        QTRY_COMPARE(m_closed, 1);
        QVERIFY(m_received.isEmpty());
        QTRY_COMPARE(m_peer->state(), QLocalSocket::UnconnectedState); // the other side is told
    }

    void whatCameBeforeTheDamageIsAnnouncedOnce()
    {
        sendRaw(line({{"n", 1}}) + line({{"n", 2}}) + "damage\n" + line({{"n", 3}}));
        QTRY_COMPARE(m_closed, 1);
        QCOMPARE(numbers(), (QList<int>{1, 2}));
    }

    void nothingIsReadAfterTheDamage()
    {
        sendRaw("damage\n" + line({{"n", 1}}));
        QTRY_COMPARE(m_closed, 1);
        m_channel->readAvailable();
        QVERIFY(m_received.isEmpty());
        QCOMPARE(m_closed, 1);
    }

    void aLineWithoutAnEndEndsTheChannel()
    {
        const QByteArray block(1 << 16, 'x');
        for (int k = 0; k < 64 && m_closed == 0; ++k) { // 4 MiB
            m_peer->write(block);
            QTest::qWait(0);
        }
        QTRY_COMPARE(m_closed, 1);
        QVERIFY(m_received.isEmpty());
    }

    void aLineThatIsTooLongEndsTheChannelAlsoWhenItArrivesAtOnce()
    {
        sendRaw(line({{"n", 1}}));
        QTRY_COMPARE(numbers(), QList<int>{1});
        // Nobody looks until all of it is here.
        const QByteArray tooLong = line({{"n", 2}, {"text", QString(4 << 20, 'x')}});
        auto *socket = m_channel->findChild<QLocalSocket *>();
        QVERIFY(socket);
        socket->blockSignals(true);
        m_peer->write(tooLong);
        QTRY_COMPARE(socket->bytesAvailable(), tooLong.size());
        socket->blockSignals(false);
        m_channel->readAvailable();
        QTRY_COMPARE(m_closed, 1);
        QCOMPARE(numbers(), QList<int>{1});
    }

    void manyShortLinesAreNotTooLong()
    {
        const QByteArray one = line({{"n", 1}, {"text", QString(1000, 'x')}});
        m_peer->write(one.repeated(4000)); // 4 MB
        QTRY_COMPARE(m_received.size(), qsizetype{4000});
        QCOMPARE(m_closed, 0);
    }

    void aFloodOfMessagesEndsTheChannel()
    {
        m_peer->write(line({{"n", 1}}).repeated(100'000));
        QTRY_COMPARE(m_closed, 1);
        QVERIFY(m_channel->isBroken());
        QVERIFY(m_received.size() < 100'000);
    }

    void anEndIsNoBreak()
    {
        m_peer->disconnectFromServer();
        QTRY_COMPARE(m_closed, 1);
        QVERIFY(!m_channel->isBroken());
    }

    void readingToTheEndEndsThoughSomebodyGoesOnWriting()
    {
        std::atomic<bool> goesOn{true};
        std::jthread writer([this, &goesOn] {
            QLocalSocket socket;
            socket.connectToServer(m_server->fullServerName());
            while (goesOn && socket.state() == QLocalSocket::ConnectedState) {
                socket.write(line({{"n", 1}}));
                socket.waitForBytesWritten(1000);
                QThread::msleep(5); // slow enough to be no flood
            }
        });
        QVERIFY(m_server->waitForNewConnection(10'000));
        ControlChannel channel(m_server->nextPendingConnection());
        channel.readToEnd(); // returns
        goesOn = false;
        QVERIFY(!channel.isBroken());
    }

    void anEndInMidMessageClosesWithoutIt()
    {
        sendRaw(line({{"n", 1}}) + R"({"n": 2)");
        m_peer->disconnectFromServer();
        QTRY_COMPARE(m_closed, 1);
        QCOMPARE(numbers(), QList<int>{1});
    }

    void whatWasSentBeforeTheEndIsStillRead()
    {
        sendRaw(line({{"n", 1}}) + line({{"n", 2}}));
        m_peer->disconnectFromServer();
        m_channel->readToEnd();
        QCOMPARE(numbers(), (QList<int>{1, 2}));
    }

    void whatWasAnnouncedIsNotAnnouncedAgain()
    {
        sendRaw(line({{"n", 1}}));
        QTRY_COMPARE(numbers(), QList<int>{1});
        m_channel->readAvailable();
        QCOMPARE(numbers(), QList<int>{1});
    }

    void readingInAHandlerAnnouncesNothingTwice()
    {
        connect(m_channel.get(), &ControlChannel::received, this,
                [this] { m_channel->readAvailable(); });
        sendRaw(line({{"n", 1}}) + line({{"n", 2}}) + line({{"n", 3}}));
        QTRY_VERIFY(m_received.size() >= 3);
        QCOMPARE(numbers(), (QList<int>{1, 2, 3}));
    }

    void sendingToAClosedChannelDoesNothing()
    {
        m_peer->disconnectFromServer();
        QTRY_COMPARE(m_closed, 1);
        m_channel->send({{"n", 1}});
        m_channel->flush(10'000);
        m_channel->readToEnd();
        QCOMPARE(m_closed, 1);
    }

    void flushedMessagesArriveWithoutAnEventLoop()
    {
        m_channel->send({{"n", 1}});
        m_channel->flush(10'000);
        QVERIFY(m_peer->bytesAvailable() > 0 || m_peer->waitForReadyRead(10'000));
        QCOMPARE(m_peer->readAll(), line({{"n", 1}}));
    }
};

QTEST_GUILESS_MAIN(TestControlChannel)
#include "tst_controlchannel.moc"
